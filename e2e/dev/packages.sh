# Installs Debian packages, each with its reason; sourced by ./dev.

# test for it | package | what it is for. A path is tested as a file, a word as a program, lib:NAME with pkg-config,
# and dpkg:NAME as an installed package.
readonly build_packages='
mvn          | maven                       | fetches Maven 3.9 and starts the build
gcc          | gcc                         | compiles the pause program
dpkg:libc6-dev | libc6-dev                 | headers and the static C library for the pause program
unzip        | unzip                       | unpacks Maven 3.9
flock        | util-linux                  | keeps two test runs apart
sha256sum    | coreutils                   | names what is kept in the cache
/etc/ssl/certs/ca-certificates.crt | ca-certificates | certificates of the package registries
'
readonly run_packages='
runc         | runc                        | runs containers
conmon       | conmon                      | watches a container, keeps its log and exit code
/usr/lib/cni/bridge | containernetworking-plugins | give pods their network
iptables     | iptables                    | address translation for pods, used by the network plugins
ip           | iproute2                    | finds a free subnet
mount        | mount                       | tries whether overlayfs works
ldd          | libc-bin                    | finds the libraries that go into the images
/usr/bin/pgrep | procps                    | goes into the images
/usr/bin/ipcs | util-linux                 | goes into the images
tar          | tar                         | packs the images
xargs        | findutils                   | names what is kept in the cache
go           | golang-go                   | builds crictl
'
readonly test_packages='
crun         | crun                        | the second container runtime under test
skopeo       | skopeo                      | a second opinion on images and registries
umoci        | umoci                       | a second opinion on unpacked images
ipcmk        | util-linux-extra            | critest makes IPC objects with it
socat        | socat                       | talks to sockets in tests
lib:libseccomp | libseccomp-dev            | runc is built with seccomp
pkg-config   | pkg-config                  | finds libseccomp
zstd         | zstd                        | packs test layers
busybox      | busybox-static              | a root file system for small containers in tests
'
# What some supported distributions do not have; tests that need it skip there.
readonly optional_test_packages='
criu         | criu                        | checkpoint and restore of containers
'

apt_updated=''

# package_there TEST: whether this machine has it already, from whatever source.
package_there() {
    case $1 in
        dpkg:*) dpkg-query -W -f '${db:Status-Status}' "${1#dpkg:}" 2>/dev/null | grep -qx installed ;;
        lib:*) have pkg-config && pkg-config --exists "${1#lib:}" ;;
        /*) [ -e "$1" ] ;;
        *) have "$1" ;;
    esac
}

apt_update_once() {
    [ -z "$apt_updated" ] || return 0
    apt_updated=yes
    say "reading the package lists (apt-get update)"
    mkdir -p "$GANTRY_CACHE/logs"
    if ! apt-get -q update 2>&1 | tee "$GANTRY_CACHE/logs/apt-update.log" | show_progress; then
        note "apt-get update failed; going on with the lists that are there"
        tail -n 3 "$GANTRY_CACHE/logs/apt-update.log" | sed 's/^/    /'
    fi
}

# apt_candidate PACKAGE: whether apt could install it.
apt_candidate() {
    local candidate
    candidate=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [ -n "$candidate" ] && [ "$candidate" != '(none)' ]
}

# install_packages TABLE...: installs what the tables name and the machine lacks.
install_packages() {
    local missing=() reasons=() test package reason
    while IFS='|' read -r test package reason; do
        test=$(xargs <<<"$test") package=$(xargs <<<"$package") reason=$(xargs <<<"$reason")
        [ -n "$test" ] && [ "$package" != - ] || continue
        if ! package_there "$test"; then
            missing+=("$package")
            reasons+=("$package: $reason")
        fi
    done <<<"$(printf '%s\n' "$@")"
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "install ${missing[*]}: this user is not root" \
        "run this command once with sudo, or run: sudo apt-get install ${missing[*]}"
    have apt-get || die "install ${missing[*]}: there is no apt-get here" "install them by hand"
    say "installing packages with apt-get:"
    printf '    %s\n' "${reasons[@]}"
    apt_install "${missing[@]}"
}

# install_optional TABLE: as install_packages, but for what apt does not have.
install_optional() {
    local test package rest there=''
    while IFS='|' read -r test package rest; do
        test=$(xargs <<<"$test") package=$(xargs <<<"$package")
        [ -n "$test" ] && ! package_there "$test" || continue
        apt_candidate "$package" || apt_update_once
        if apt_candidate "$package"; then
            there+="$test | $package | $rest"$'\n'
        else
            note "there is no package $package here: tests that need it will skip"
        fi
    done <<<"$1"
    install_packages "$there"
}

# apt_install PACKAGE...: never removes a package that is there (another container engine brings its own runc).
apt_install() {
    apt_update_once
    local log=$GANTRY_CACHE/logs/apt-install.log
    mkdir -p "$GANTRY_CACHE/logs"
    if ! DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove --no-install-recommends \
        -o DPkg::Lock::Timeout=120 install "$@" 2>&1 | tee "$log" | show_progress; then
        tail -n 15 "$log" >&2
        die "install $*: apt-get failed" "the whole output is in $log; mend it and run this again"
    fi
}

# unpack_packages DIRECTORY PACKAGE...: the files of Debian packages, without installing them (nginx and docker-registry
# would start services).
unpack_packages() {
    local into=$1 debs
    shift
    debs=$(mktemp -d "$GANTRY_CACHE/.debs-XXXXXX")
    local package
    for package in "$@"; do
        apt_candidate "$package" || { apt_update_once; break; }
    done
    if ! (cd "$debs" && apt-get -q -o APT::Sandbox::User=root download "$@") >"$debs/log" 2>&1; then
        apt_update_once
        if ! (cd "$debs" && apt-get -q -o APT::Sandbox::User=root download "$@") >"$debs/log" 2>&1; then
            tail -n 5 "$debs/log" >&2
            rm -rf "$debs"
            die "download the packages $*: apt-get failed" "look at the lines above; is the machine connected?"
        fi
    fi
    mkdir -p "$into"
    local deb
    for deb in "$debs"/*.deb; do
        dpkg-deb -x "$deb" "$into"
    done
    rm -rf "$debs"
}

# unpack_from_release RELEASE DIRECTORY PACKAGE...: the files of packages of another release of Debian, with those of all
# that they depend on. Nothing is installed; apt works on lists of its own. Fails with a line that says why.
unpack_from_release() {
    local release=$1 into=$2 work mirror options deb
    shift 2
    mirror=$(debian_mirror) || {
        printf 'the apt of this machine has no lists of a mirror of Debian, which %s comes from\n' "$*"
        return 1
    }
    mkdir -p "$GANTRY_CACHE/tools"
    work=$(mktemp -d "$GANTRY_CACHE/tools/.apt-XXXXXX") || return 1
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$into" || return 1
    : >"$work/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$release" \
        >"$work/sources.list"
    options=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o "Dir::State::status=$work/status"
        -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update || return 1
    apt-get "${options[@]}" -y --no-install-recommends --download-only install "$@" || return 1
    for deb in "$work"/cache/archives/*.deb; do
        dpkg-deb -x "$deb" "$into" || return 1
    done
    rm -rf "$work"
}
