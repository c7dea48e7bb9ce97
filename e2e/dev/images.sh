# The images that tests, demo and benchmarks pull, and the registry that serves them; sourced by ./dev.

# need_images: sets GANTRY_TEST_IMAGES to a directory with a registry's storage, made once for each recipe and system.
need_images() {
    local key ssl=libssl3t64
    key=$(hash_of e2e/src/test/java/io/gantry/e2e/{images,process}/*.java /etc/os-release)
    export GANTRY_TEST_IMAGES=$GANTRY_CACHE/images/$key
    if [ ! -f "$GANTRY_TEST_IMAGES/images.tsv" ]; then
        say "making the test images from Debian's packages busybox and nginx (once; kept in $GANTRY_TEST_IMAGES)"
        local packages
        mkdir -p "$GANTRY_CACHE"
        apt_candidate busybox || apt_update_once
        apt_candidate $ssl || ssl=libssl3
        packages=$(mktemp -d "$GANTRY_CACHE/.packages-XXXXXX")
        unpack_packages "$packages" busybox nginx docker-registry libpcre2-8-0 zlib1g libcrypt1 $ssl
        (cd e2e/src/test/java && quietly "$GANTRY_CACHE/logs/images.log" \
            "$JAVA_HOME/bin/java" io/gantry/e2e/images/BuildTestImages.java "$packages" "$GANTRY_TEST_IMAGES")
        rm -rf "$packages"
    fi
    ln -sfn "$GANTRY_TEST_IMAGES" "$GANTRY_CACHE/images/latest"
}

# start_registry DIRECTORY: serves the test images read-only on a free port of 127.0.0.1; leaves config, log, pid and
# address in the directory.
start_registry() {
    local at=$1 tries=0
    mkdir -p "$at"
    cat >"$at/config.yml" <<YAML
version: 0.1
log:
  level: info
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: $GANTRY_TEST_IMAGES/storage
  maintenance:
    readonly:
      enabled: true
http:
  addr: 127.0.0.1:0
YAML
    setsid "$GANTRY_TEST_IMAGES/docker-registry" serve "$at/config.yml" >"$at/log" 2>&1 </dev/null 9>&- &
    printf '%s\n' $! >"$at/pid"
    while ! sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$at/log" | grep . >"$at/address"; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 "$(cat "$at/pid")" 2>/dev/null; then
            tail -n 5 "$at/log" >&2
            die "start the image registry: it does not listen" "its log is $at/log"
        fi
        sleep 0.1
    done
}
