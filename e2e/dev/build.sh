# Compiles Gantry; sourced by ./dev.

readonly program=deploy/target/gantry/bin/gantry
readonly build_stamp=deploy/target/.dev-build

need_build_tools() {
    install_packages "$build_packages" "$@"
    need_jdk
    need_maven
}

# run_maven ARGUMENTS...: as root for a user (sudo), the built files are given back to that user.
run_maven() {
    local status=0
    nice "$maven" -B -ntp "$@" 9>&- || status=$?
    if [ -n "${SUDO_UID:-}" ]; then
        find . -maxdepth 2 -name target -exec chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" {} +
    fi
    return $status
}

# built_and_current: whether the program tree is newer than every source it is made from.
built_and_current() {
    # A test that runs inside the build tests what that build made.
    [ -z "${GANTRY_DEV_BUILT:-}" ] || return 0
    [ -x "$program" ] && [ -f "$build_stamp" ] || return 1
    local newer
    newer=$(find pom.xml */pom.xml */src -path e2e -prune -o -path 'e2e/*' -prune -o -type f -newer "$build_stamp" -print -quit)
    [ -z "$newer" ]
}

built_at() { stat -c %Y "$build_stamp" 2>/dev/null || echo never; }

build_program() {
    built_and_current && { say "Gantry is built and current ($program)"; return; }
    say "building Gantry (mvn package, without tests)"
    quietly "$GANTRY_CACHE/logs/build.log" run_maven -DskipTests -Dspotless.check.skip -pl deploy -am package
    [ -x "$program" ] || die "build Gantry: Maven left no $program" "the build's output is $GANTRY_CACHE/logs/build.log"
    touch "$build_stamp"
}

# dev_reproduce: builds the committed tree twice, in directories, under umasks and time zones that differ, and compares.
dev_reproduce() {
    [ $# -eq 0 ] || die "run ./dev reproduce $*: it takes no arguments" "./dev help reproduce"
    need_linux_with_apt
    need_build_tools
    local work
    work=$(mktemp -d "${TMPDIR:-/tmp}/gantry-reproduce-XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    reproduce_one "$work/first" 022 UTC
    reproduce_one "$work/a-second-directory" 077 Asia/Kathmandu
    (cd "$work/first" && sha256sum -- */target/*.jar pod-sandbox/target/native/gantry-pause deploy/target/gantry-*.tar.gz) \
        >"$work/sums"
    (cd "$work/a-second-directory" && sha256sum --quiet -c "$work/sums") ||
        die "build the same bytes twice: the files named above differ" "compare two builds with diffoscope"
    sed 's/^/    /' "$work/sums"
    say "$(wc -l <"$work/sums") files are the same in both builds"
}

reproduce_one() {
    say "building $(git -c safe.directory="*" rev-parse --short HEAD) in $1"
    mkdir -p "$1"
    git -c safe.directory="*" archive HEAD | tar -x -C "$1"
    (
        cd "$1"
        umask "$2"
        export TZ=$3 GANTRY_NO_AOT=1
        quietly "$GANTRY_CACHE/logs/reproduce.log" run_maven -DskipTests -Dspotless.check.skip -pl deploy -am package
    )
}

dev_build() {
    [ $# -eq 0 ] || die "run ./dev build $*: it takes no arguments" "./dev help build"
    need_linux_with_apt
    need_build_tools
    say "building everything (mvn package, without tests)"
    quietly "$GANTRY_CACHE/logs/build.log" run_maven -DskipTests package
    [ -x "$program" ] || die "build Gantry: Maven left no $program"
    touch "$build_stamp"
    say "built: $program"
}
