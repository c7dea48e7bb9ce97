# Tests in a virtual node (e2e/node); sourced by ./dev.

readonly node_packages='
mmdebstrap   | mmdebstrap                  | makes the disk of the virtual node
mkfs.ext4    | e2fsprogs                   | makes its file system
xz           | xz-utils                    | unpacks its disk driver
zstd         | zstd                        | unpacks its disk driver
unshare      | util-linux                  | keeps the mounts of its QEMU apart
'
readonly node_suites='daemon limits reboot critest'
readonly node_results=e2e/target/node

dev_test-node() {
    local handlers='crun runc' suites='' keep='' focus='' skip=''
    while [ $# -gt 0 ]; do
        case $1 in
            --handler) handlers=${2:-}; shift ;;
            --focus) focus=${2:-}; shift ;;
            --skip) skip=${2:-}; shift ;;
            --keep) keep=yes ;;
            daemon | limits | reboot | critest) suites+=" $1" ;;
            *) die "run ./dev test-node $1: there is no such option or suite" "./dev help test-node" ;;
        esac
        shift
    done
    need_root test-node
    need_linux_with_apt
    [ "$(uname -m)" = x86_64 ] || die "run ./dev test-node: it emulates an x86_64 machine, and this is $(uname -m)"
    exclusively test-node "./dev test-node"
    need_build_tools "$run_packages" "$test_packages" "$node_packages"
    build_program
    need_tools cri-tools runc
    need_images
    rm -rf "$node_results"
    mkdir -p "$node_results"
    local before=$SECONDS
    e2e/node/box build
    [ -n "$keep" ] || trap 'e2e/node/box stop' EXIT
    e2e/node/box stop
    say "booting the virtual node"
    e2e/node/box start
    node_install
    local suite handler
    for suite in ${suites:-$node_suites}; do
        case $suite in
            daemon) node_suite daemon ;;
            reboot) node_reboot soft; node_reboot hard --hard ;;
            limits) for handler in $handlers; do node_suite limits "$handler"; done ;;
            critest) for handler in $handlers; do node_critest "$handler" "$focus" "$skip"; done ;;
        esac
    done
    [ -z "$keep" ] || say "the virtual node stays: e2e/node/box exec 'crictl pods'; e2e/node/box stop"
    say "tests in the virtual node took $((SECONDS - before)) s; reports and logs are in $node_results"
    "$JAVA_HOME/bin/java" e2e/dev/TestSummary.java 0 "$node_results"
}

# node_install: makes a node of the machine that has booted.
node_install() {
    local stage
    stage=$(mktemp -d "$GANTRY_CACHE/.node-XXXXXX")
    mkdir -p "$stage"/{bin,suites}
    cp -a deploy/target/gantry "$stage/gantry"
    cp -a "$GANTRY_TEST_IMAGES" "$stage/images"
    cp e2e/node/suites/*.sh "$stage/suites/"
    cp "$(tool crictl)" "$(tool runc)" "$stage/bin/"
    node_critest_program "$stage/bin/critest"
    say "installing Gantry in the virtual node"
    e2e/node/box put "$stage" /in
    rm -rf "$stage"
    e2e/node/box exec -t 300 'bash /in/suites/setup.sh' || die "make a node of the virtual machine: it failed"
}

# node_critest_program TARGET: critest pulls one image by a digest that cannot be rebuilt; the copy asks for ours.
node_critest_program() {
    local digest=9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf ours at
    ours=$(awk -F '\t' '$1 == "k8s-staging-cri-tools/test-image-digest" {sub("sha256:", "", $3); print $3}' \
        "$GANTRY_TEST_IMAGES/images.tsv")
    cp "$(tool critest)" "$1"
    at=$(LC_ALL=C grep -aobF $digest "$1" | cut -d : -f 1)
    [[ $at =~ ^[0-9]+$ && ${#ours} = 64 ]] || die "patch critest: its image digest does not stand there exactly once"
    printf '%s' "$ours" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# node_report SUITE: fetches a suite's report to where the summary finds it.
node_report() {
    local reports=$node_results/$1/target/failsafe-reports
    mkdir -p "$reports"
    e2e/node/box get /out "$node_results/$1"
    mv "$node_results/$1"/out/TEST-*.xml "$reports/" 2>/dev/null || true
    e2e/node/box exec 'rm -rf /out/*'
}

# node_suite SUITE [HANDLER]
node_suite() {
    say "suite $1${2:+ with $2}"
    e2e/node/box exec -t 3000 "handler=${2:-} bash /in/suites/$1.sh" || note "the suite ended with status $?"
    node_report "$1${2:+-$2}"
}

node_reboot() {
    say "suite reboot ($1)"
    e2e/node/box exec -t 600 "bash /in/suites/reboot-before.sh $1" || note "the suite ended with status $?"
    e2e/node/box reboot ${2:+"$2"}
    e2e/node/box exec -t 600 "bash /in/suites/reboot-after.sh $1" || note "the suite ended with status $?"
    node_report "reboot-$1"
}

node_critest() {
    say "critest with $1 (a report every minute)"
    e2e/node/box exec -t 10800 "bash /in/suites/critest.sh '$1' '$2' '$3'" || note "critest ended with status $?"
    local at=$node_results/critest-$1
    mkdir -p "$at/target/failsafe-reports"
    e2e/node/box get /out "$at"
    "$JAVA_HOME/bin/java" e2e/node/CritestReport.java "$at/out/critest-$1.xml" "$at/target/failsafe-reports/TEST-critest-$1.xml"
    e2e/node/box exec 'rm -rf /out/*'
}
