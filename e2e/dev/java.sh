# JDK 25 and Maven 3.9; sourced by ./dev.

readonly java_release=25
readonly maven_version=3.9.11

# find_jdk: sets JAVA_HOME to a JDK of the release, from JAVA_HOME itself, /usr/lib/jvm or the cache; fails when there is none.
find_jdk() {
    local home
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/*"$java_release"* "$jdk_home"; do
        if [ -n "$home" ] && [ -x "$home/bin/javac" ] \
            && "$home/bin/javac" -version 2>&1 | grep -q "^javac $java_release\b"; then
            export JAVA_HOME=$home
            return 0
        fi
    done
    return 1
}

need_jdk() {
    local package
    find_jdk && return
    have apt-get || die "find JDK $java_release: it is not in /usr/lib/jvm and there is no apt-get" \
        "install one and set JAVA_HOME to it"
    for package in "openjdk-$java_release-jdk-headless" "temurin-$java_release-jdk"; do
        apt_candidate "$package" || { [ "$(id -u)" != 0 ] || apt_update_once; }
        if apt_candidate "$package"; then
            [ "$(id -u)" = 0 ] || die "install $package: this user is not root" "run this command once with sudo"
            say "installing $package with apt-get: JDK $java_release, Gantry is written for it"
            apt_install "$package"
            find_jdk && return
        fi
    done
    say "fetching JDK $java_release of Debian $jdk_suite (once, 400 MB; kept in $jdk_home): this release has no package of it"
    note "it is unpacked there with the C library that it needs; nothing of it is installed"
    mkdir -p "$GANTRY_CACHE/logs"
    if ! fetch_jdk 2>&1 | tee "$GANTRY_CACHE/logs/jdk.log" | show_progress || ! find_jdk; then
        tail -n 5 "$GANTRY_CACHE/logs/jdk.log" >&2
        die "fetch JDK $java_release of Debian $jdk_suite: it did not come (see $GANTRY_CACHE/logs/jdk.log)" \
            "unpack a JDK $java_release and set JAVA_HOME to it"
    fi
}

# need_maven: sets maven to the program of the pinned version, an ordinary artifact that the system's Maven resolves.
need_maven() {
    local home=$GANTRY_CACHE/tools/apache-maven-$maven_version work
    maven=$home/bin/mvn
    [ ! -x "$maven" ] || return 0
    say "fetching Maven $maven_version (the build needs 3.9.6 or later; the system's $(mvn_version) fetches it)"
    mkdir -p "$GANTRY_CACHE/tools"
    work=$(mktemp -d "$GANTRY_CACHE/tools/.maven-XXXXXX")
    (
        cd "$work"
        quietly "$GANTRY_CACHE/logs/maven-fetch.log" mvn -B -ntp dependency:copy \
            "-Dartifact=org.apache.maven:apache-maven:$maven_version:zip:bin" "-DoutputDirectory=$work"
        unzip -q "apache-maven-$maven_version-bin.zip"
    )
    rm -rf "$home"
    mv "$work/apache-maven-$maven_version" "$home"
    rm -rf "$work"
}

mvn_version() { mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p' | head -n 1; }
