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
    local handlers='crun runc' suites='' keep='' focus='' skip='' limit=240
    while [ $# -gt 0 ]; do
        case $1 in
            --handler) handlers=$(node_handler "${2:-}"); shift ;;
            --focus) focus=${2:-}; shift ;;
            --skip) skip=${2:-}; shift ;;
            --limit) limit=$(node_limit "${2:-}"); shift ;;
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
            critest) for handler in $handlers; do node_critest "$handler" "$focus" "$skip" "$limit"; done ;;
        esac
    done
    [ -z "$keep" ] || say "the virtual node stays: e2e/node/box exec 'crictl pods'; e2e/node/box stop"
    say "tests in the virtual node took $((SECONDS - before)) s; reports and logs are in $node_results"
    "$JAVA_HOME/bin/java" e2e/dev/TestSummary.java 0 "$node_results"
}

node_handler() {
    case $1 in
        crun | runc) printf '%s' "$1" ;;
        *) die "run ./dev test-node --handler $1: it is neither crun nor runc" ;;
    esac
}

node_limit() {
    [[ $1 =~ ^[1-9][0-9]{0,3}$ ]] || die "run ./dev test-node --limit $1: it is no number of minutes"
    printf '%s' "$1"
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

# node_report SUITE: fetches a suite's report to where the summary finds it. A suite without one counts as a failed test.
node_report() {
    local at=$node_results/$1 reports
    reports=$at/target/failsafe-reports
    mkdir -p "$reports"
    e2e/node/box get /out "$at" || true
    e2e/node/box exec 'rm -rf /out/*' || true
    mv "$at"/out/TEST-*.xml "$reports/" 2>/dev/null || node_broken "$1" 'it left no report: it did not come to its end'
}

# node_broken SUITE REASON: a report that says that the suite as a whole failed.
node_broken() {
    mkdir -p "$node_results/$1/target/failsafe-reports"
    cat >"$node_results/$1/target/failsafe-reports/TEST-$1-broken.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="node.$1" tests="1" failures="1">
<testcase classname="node.$1" name="the suite runs to its end" time="0"><failure message="$2"/></testcase>
</testsuite>
XML
}

# node_run SUITE LIMIT COMMAND: a suite in the virtual node; the limit is in seconds.
node_run() {
    local before=$SECONDS status=0
    say "suite $1"
    e2e/node/box exec -t "$2" "$3" || status=$?
    note "$1 ended with status $status after $((SECONDS - before)) s"
}

# node_suite SUITE [HANDLER]
node_suite() {
    local name=$1${2:+-$2}
    node_run "$name" 6000 "handler=${2:-} bash /in/suites/$1.sh"
    node_report "$name"
}

# node_reboot KIND [--hard]: a suite of two parts, with the reboot between them.
node_reboot() {
    local name=reboot-$1
    node_run "$name, before" 1200 "bash /in/suites/reboot-before.sh $1"
    if e2e/node/box reboot ${2:+"$2"}; then
        node_run "$name, after" 2400 "bash /in/suites/reboot-after.sh $1"
    else
        node_broken "$name" 'the machine did not come back'
    fi
    node_report "$name"
}

# node_critest HANDLER FOCUS SKIP LIMIT: where nothing is chosen, AppArmor's specs come first, then all others, so that the
# limit (in minutes, for each part) does not take them with it.
node_critest() {
    if [ -n "$2$3" ]; then
        node_critest_part "critest-$1" "$1" "$2" "$3" "$4"
    else
        node_critest_part "critest-apparmor-$1" "$1" AppArmor '' "$4"
        node_critest_part "critest-$1" "$1" '' AppArmor "$4"
    fi
}

node_critest_part() {
    local name=$1 at=$node_results/$1
    node_run "$name" $(($5 * 60 + 900)) "bash /in/suites/critest.sh '$1' '$2' '$3' '$4' '$5'"
    node_report "$name"
    if [ -f "$at/out/$name.xml" ]; then
        "$JAVA_HOME/bin/java" e2e/node/CritestReport.java "$at/out/$name.xml" \
            "$at/target/failsafe-reports/TEST-$name-specs.xml" "$3" "$4" e2e/node/critest-too-slow.txt ||
            node_broken "$name" "critest's report cannot be read"
    else
        node_broken "$name" 'critest left no report'
    fi
}
