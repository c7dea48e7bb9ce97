# A JDK for Debian 12, which has no package of one; sourced by ./dev. That of the next release is unpacked into the cache,
# with the C library that it needs: nothing of it is installed (docs/adr/0018).

readonly jdk_suite=trixie
readonly jdk_home=$GANTRY_CACHE/tools/jdk-$java_release-$jdk_suite

# The parts of the C library, and what the JDK needs that is built for it.
readonly jdk_libraries='ld-linux-*.so.* libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libz.so.1 libstdc++.so.6
    libgcc_s.so.1'

# fetch_jdk: leaves it in jdk_home.
fetch_jdk() {
    local work jdk
    work=$(mktemp -d "$GANTRY_CACHE/tools/.jdk-XXXXXX") || return 1
    unpack_from_release "$jdk_suite" "$work" "openjdk-$java_release-jdk-headless" || return 1
    jdk=$(echo "$work"/usr/lib/jvm/java-"$java_release"-openjdk-*)
    settle_jdk "$jdk" "$work" || return 1
    "$jdk/bin/javac" -version || return 1
    rm -rf "$jdk_home"
    mv "$jdk" "$jdk_home" && rm -rf "$work"
}

# settle_jdk JDK ROOT: makes it run where it lies. The package keeps its configuration in /etc.
settle_jdk() {
    local jdk=$1 root=$2 link target library tool
    find "$jdk" -type l -lname '/etc/*' >"$root/links"
    while read -r link; do
        target=$(readlink "$link")
        if [ -e "$root$target" ]; then
            rm "$link" && cp -L "$root$target" "$link" || return 1
        fi
    done <"$root/links"
    # Where no Java is installed there is no such file, and the JDK's own serves.
    if [ ! -e "$jdk/lib/security/cacerts" ]; then
        rm "$jdk/lib/security/cacerts"
        unzip -qp "$jdk/jmods/java.base.jmod" lib/security/cacerts >"$jdk/lib/security/cacerts" 2>/dev/null
        [ -s "$jdk/lib/security/cacerts" ] || return 1
    fi
    mkdir "$jdk/libc"
    for library in $jdk_libraries; do
        cp -L "$(find "$root"/usr/lib* "$root"/lib* -path "$jdk" -prune -o -name "$library" -print -quit)" "$jdk/libc/" || return 1
    done
    # The launchers look for the JDK around what the kernel was told to run, which will be the loader.
    # assemble.sh of deploy does the same with the runtime that is linked from it.
    mv "$jdk/bin" "$jdk/elf" && mkdir "$jdk/bin" && mv "$jdk"/libc/ld-linux-* "$jdk/bin/" || return 1
    for tool in "$jdk"/elf/*; do
        install -m 755 deploy/src/main/sh/with-own-libc "$jdk/bin/${tool##*/}" || return 1
    done
    mv "$jdk/lib/jspawnhelper" "$jdk/elf/" && install -m 755 deploy/src/main/sh/with-own-libc "$jdk/lib/jspawnhelper"
}
