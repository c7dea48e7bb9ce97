# Benchmarks beside a peer; sourced by ./dev.

dev_bench() {
    local what=${1:-}
    case $what in
        density | tools) shift ;;
        '') die "run ./dev bench: it needs the name of a benchmark" "./dev help bench" ;;
        *) die "run ./dev bench $what: there is no such benchmark" "./dev help bench" ;;
    esac
    need_host bench "${GANTRY_E2E_DIR:-/var/tmp}"
    need_build_tools "$run_packages" "$test_packages"
    need_tools cri-tools runc cri containerd
    [ "$what" != tools ] || { say "built: ${GANTRY_TOOLS//:/ }"; return; }
    exclusively test "./dev bench"
    build_program
    need_images
    say "running the benchmark $what"
    export GANTRY_DEPLOY=$GANTRY_HOME/deploy/target/gantry
    (cd e2e/src/test/java && "$JAVA_HOME/bin/java" io/gantry/e2e/bench/Density.java "$@")
}
