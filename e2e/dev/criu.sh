# Finds a criu that gets on with this kernel; sourced by ./dev. Where the system's own does not (criu of Debian 12 fails on
# Linux 6.13 and later, 4.1 cannot write sockets of 6.17 and later), one of Debian's next release is unpacked into the cache
# with its libraries, and comes first in PATH. Where that fails too, the tests that need criu skip.

readonly criu_suite=testing
readonly criu_least=4.2

need_criu() {
    if have criu && criu check >/dev/null 2>&1 && criu_is_new_enough; then
        return
    fi
    local tree=$GANTRY_CACHE/tools/criu-$criu_suite
    mkdir -p "$GANTRY_CACHE/tools" "$GANTRY_CACHE/logs"
    if [ ! -x "$tree/bin/criu" ]; then
        say "fetching criu of Debian $criu_suite (once; kept in $tree): the system's does not get on with this kernel"
        if ! fetch_criu "$tree" 2>&1 | tee "$GANTRY_CACHE/logs/criu.log" | show_progress; then
            note "it did not come (see $GANTRY_CACHE/logs/criu.log): tests of checkpoint and restore will skip"
            return
        fi
    fi
    export PATH=$tree/bin:$PATH
}

criu_is_new_enough() {
    local version
    version=$(criu --version | sed -n 's/^Version: //p')
    [ "$(printf '%s\n' "$criu_least" "$version" | sort -V | head -n 1)" = "$criu_least" ]
}

# fetch_criu TREE: nothing of it is installed.
fetch_criu() {
    local tree=$1 work
    work=$(mktemp -d "$GANTRY_CACHE/tools/.criu-XXXXXX") || return 1
    mkdir -p "$work/tree/bin"
    unpack_from_release "$criu_suite" "$work/tree" criu || return 1
    write_criu_wrapper "$tree" "$work/tree/bin/criu" || return 1
    rm -rf "$tree"
    mv "$work/tree" "$tree" && rm -rf "$work"
}

# The program with the libraries that came with it.
write_criu_wrapper() {
    local tree=$1 wrapper=$2 libraries loader=ld-linux-x86-64.so.2
    libraries=$tree/usr/lib/$(uname -m)-linux-gnu
    [ "$(uname -m)" = x86_64 ] || loader=ld-linux-aarch64.so.1
    printf '#!/bin/sh\nexec %s/%s --library-path %s %s/usr/sbin/criu "$@"\n' \
        "$libraries" "$loader" "$libraries" "$tree" >"$wrapper"
    chmod 755 "$wrapper"
}
