# Benchmarks beside a peer; sourced by ./dev.

dev_bench() {
    local what=${1:-}
    case $what in
        density | pull | tools) shift ;;
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
    export GANTRY_DEPLOY=$GANTRY_HOME/deploy/target/gantry
    "bench_$what" "$@"
}

bench_density() {
    say "running the benchmark density"
    (cd e2e/src/test/java && "$JAVA_HOME/bin/java" io/gantry/e2e/bench/Density.java "$@")
}

bench_pull() {
    local result=$GANTRY_HOME/e2e/target/bench-pull.json
    [[ " $* " != *' --many '* ]] || result=$GANTRY_HOME/e2e/target/bench-pull-many.json
    need_pull_images
    say "running the benchmark pull"
    (cd e2e/src/test/java && "$JAVA_HOME/bin/java" io/gantry/e2e/bench/Pull.java "$pull_images" "$result" "$@")
}

# need_pull_images: sets pull_images to a directory with a registry's storage that holds the images of the pull
# benchmark, made once for each recipe.
need_pull_images() {
    pull_images=$GANTRY_CACHE/images/pull-$(hash_of e2e/src/test/java/io/gantry/e2e/bench/images/*.java)
    [ ! -d "$pull_images/storage" ] || return 0
    say "making the images of the pull benchmark (once; 2 GiB, kept in $pull_images)"
    (cd e2e/src/test/java && nice "$JAVA_HOME/bin/java" \
        io/gantry/e2e/bench/images/BuildPullImages.java "$GANTRY_TEST_IMAGES/docker-registry" "$pull_images")
}
