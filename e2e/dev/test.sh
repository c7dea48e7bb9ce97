# Runs every test; sourced by ./dev.

dev_test() {
    if [ $# -gt 0 ]; then
        [ "$1" = -- ] || die "run ./dev test $*: arguments for Maven come after --" "./dev help test"
        shift
    fi
    need_host test "${GANTRY_E2E_DIR:-/var/tmp}"
    exclusively test "./dev test"
    need_build_tools "$run_packages" "$test_packages"
    need_tools cri-tools runc cri nri kubernetes kubelet-client
    install_optional "$optional_test_packages"
    need_criu
    need_images

    local began status=0
    hostport_chains_exist || trap "sweep_hostport_chains || true" EXIT
    began=$(date +%s)
    find . \( -path '*/target/surefire-reports/TEST-*.xml' -o -path '*/target/failsafe-reports/TEST-*.xml' \) -delete
    say "running the tests (mvn verify)"
    # Every module runs, also behind one with a failed test; the reports are judged below.
    run_maven -Dmaven.test.failure.ignore=true "$@" verify || status=$?
    # What this run built is what ./dev run would build.
    if [ $status = 0 ] && [ $# -eq 0 ] && [ -x "$program" ]; then
        touch -d "@$began" "$build_stamp"
    fi
    say "tests took $(($(date +%s) - began)) s"
    [ $status = 0 ] || printf '%serror:%s the build failed (see above); not every test ran\n' "$red" "$plain"
    "$JAVA_HOME/bin/java" e2e/dev/TestSummary.java "$status" .
}
