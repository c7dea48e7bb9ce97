# What a machine must be for Gantry to run on it; sourced by ./dev.

need_root() {
    [ "$(id -u)" = 0 ] || die "./dev $1: it makes mounts, namespaces and cgroups, and this user is not root" \
        "run: sudo ./dev $1"
}

need_linux_with_apt() {
    local id='' version='' name=''
    [ "$(uname -s)" = Linux ] || die "use this machine: it runs $(uname -s), and containers need Linux" \
        "use Debian 12 or 13, or Ubuntu 24.04 (a virtual machine will do)"
    if [ -r /etc/os-release ]; then
        # shellcheck source=/dev/null
        id=$(. /etc/os-release && printf %s "${ID:-}")
        version=$(. /etc/os-release && printf %s "${VERSION_ID:-}")
        name=$(. /etc/os-release && printf %s "${PRETTY_NAME:-}")
    fi
    case $id:$version in
        debian:12 | debian:13 | ubuntu:24.04) ;;
        debian:* | ubuntu:*) note "${name:-this system} is not one that is tested (Debian 12, 13, Ubuntu 24.04); going on" ;;
        *)
            have apt-get || die "install packages: ${name:-this system} has no apt-get" \
                "use Debian 12 or 13, or Ubuntu 24.04; on others install by hand what e2e/dev/packages.sh lists"
            note "${name:-this system} is not one that is tested (Debian 12, 13, Ubuntu 24.04); going on"
            ;;
    esac
    case $(uname -m) in
        x86_64 | aarch64) ;;
        *) die "use this machine: Gantry is built for x86_64 and aarch64, and this is $(uname -m)" ;;
    esac
}

# Bit 21 of the effective set: without it there are no mounts and no namespaces.
need_cap_sys_admin() {
    local effective
    effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    if (( (16#$effective >> 21 & 1) == 0 )); then
        die "make mounts and namespaces: this shell is root without CAP_SYS_ADMIN (it runs in a container)" \
            "start that container privileged (docker run --privileged), or use a virtual machine"
    fi
}

# need_overlayfs DIRECTORY: tries a real overlay whose upper directory lies there.
need_overlayfs() {
    local where=$1 test
    mkdir -p "$where"
    test=$(mktemp -d "$where/.overlay-test-XXXXXX")
    mkdir "$test/lower" "$test/upper" "$test/work" "$test/merged"
    if mount -t overlay overlay -o "lowerdir=$test/lower,upperdir=$test/upper,workdir=$test/work" "$test/merged" \
        2>"$test/error"; then
        umount "$test/merged"
        rm -rf "$test"
        return
    fi
    local problem
    problem=$(tr '\n' ' ' <"$test/error")
    rm -rf "$test"
    grep -qw overlay /proc/filesystems || die "mount an overlay: this kernel has no overlayfs (${problem% })" \
        "load it (modprobe overlay) or use a kernel that has it"
    die "mount an overlay in $where (on $(stat -f -c %T "$where")): ${problem% }" \
        "set GANTRY_DEV_ROOT to a directory on ext4 or xfs; a directory inside a container's own overlay cannot hold one"
}

need_cgroups() {
    [ -w /sys/fs/cgroup ] || [ -w /sys/fs/cgroup/memory ] || die "make cgroups: /sys/fs/cgroup is read-only here" \
        "in a container, start it privileged with its own cgroup namespace (docker run --privileged --cgroupns=private)"
}

# need_host COMMAND DIRECTORY: everything at once, for the commands that run pods.
need_host() {
    need_root "$1"
    need_linux_with_apt
    need_cap_sys_admin
    need_cgroups
    need_overlayfs "$2"
}
