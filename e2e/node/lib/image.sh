# Builds the virtual node's disk, kernel and initial ramdisk, and QEMU where the system's is too old; sourced by box.

readonly suite=trixie
readonly guest_packages=systemd-sysv,dbus,udev,kmod,linux-image-cloud-amd64,iproute2,iptables,apparmor,sudo,runc,crun,\
conmon,containernetworking-plugins,busybox-static,procps,util-linux-extra,jq,zstd,xz-utils
# Compiling all of Debian's AppArmor profiles takes the emulated machine longer than everything else of a boot.
readonly kept_profiles='^(abstractions|tunables|local|disable|abi|force-complain|runc|crun)$'
# What an emulated machine without network and console has no use for.
readonly masked_units='apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
    e2scrub_reap.service fstrim.timer systemd-timesyncd.service getty@tty1.service serial-getty@ttyS0.service
    systemd-firstboot.service systemd-hwdb-update.service'

# bootstrap PACKAGES TARGET: a minimal Debian of the suite, without documents.
bootstrap() {
    local mirror
    mirror=$(debian_mirror) || die "bootstrap Debian $suite: the apt of this machine has no lists of a mirror of Debian" \
        "use a machine with Debian, or run apt-get update first"
    mmdebstrap --mode=root --variant=minbase --quiet --include="$1" \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$suite" "$2" "$mirror"
}

# QEMU 10 emulates a fork four times as fast as 7 and 8 do; where the system's is older, it comes from a tree of its own.
find_qemu() {
    local major
    major=$(qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
    if [ "${major:-0}" -ge 10 ] && have qemu-img; then
        return
    fi
    qemu_tree=$cache/qemu
    [ ! -d "$qemu_tree" ] || return 0
    say "fetching QEMU of Debian $suite (once; kept in $qemu_tree)"
    rm -rf "$qemu_tree.new"
    quietly "$cache/qemu.log" bootstrap qemu-system-x86,qemu-utils "$qemu_tree.new"
    mkdir -p "$qemu_tree.new$cache" "$qemu_tree.new$boxes"
    mv "$qemu_tree.new" "$qemu_tree"
}

# qemu PROGRAM ARGUMENTS...: replaces this shell. In its tree it sees only that, the cache and the boxes' directory; the
# mounts end with it.
qemu() {
    [ -n "${qemu_tree:-}" ] || exec "$@"
    # shellcheck disable=SC2016
    exec unshare -m sh -c '
        tree=$1 cache=$2 boxes=$3; shift 3
        mount --make-rprivate / && mount --bind "$cache" "$tree$cache" && mount --bind "$boxes" "$tree$boxes" &&
        mount --bind /dev "$tree/dev" && mount --bind /proc "$tree/proc" && exec chroot "$tree" "$@"' \
        sh "$qemu_tree" "$cache" "$boxes" "$@"
}

# build_image: leaves disk.ext4, vmlinuz and initrd in $image, which is made once for each recipe.
build_image() {
    # By relative paths: the hash covers them, and two checkouts share one image.
    image=$cache/image-$(cd "$here" && hash_of guest/* lib/image.sh)
    [ ! -f "$image/disk.ext4" ] || return 0
    local work
    say "building the virtual node's disk (Debian $suite, once; kept in $image)"
    rm -rf "$cache"/image-* "$cache"/.image-*
    work=$(mktemp -d "$cache/.image-XXXXXX")
    mkdir "$work/root"
    quietly "$cache/bootstrap.log" bootstrap "$guest_packages" "$work/root.tar"
    tar -C "$work/root" -xpf "$work/root.tar" --numeric-owner
    rm "$work/root.tar"
    settle_root "$work/root"
    cp "$work"/root/boot/vmlinuz-* "$work/vmlinuz"
    make_initrd "$work/root" "$work/ramdisk" "$work/initrd"
    truncate -s 8G "$work/disk.ext4"
    mkfs.ext4 -q -F -d "$work/root" -E lazy_itable_init=1,lazy_journal_init=1 "$work/disk.ext4"
    rm -rf "$work/root" "$work/ramdisk"
    mv "$work" "$image"
}

settle_root() {
    local root=$1 unit profile
    printf 'box\n' >"$root/etc/hostname"
    printf '127.0.0.1 localhost box\n' >"$root/etc/hosts"
    printf '/dev/vda / ext4 rw,noatime 0 0\n' >"$root/etc/fstab"
    printf '67616e747279000000000000000000aa\n' >"$root/etc/machine-id"
    for unit in $masked_units; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    for profile in "$root"/etc/apparmor.d/*; do
        [[ ${profile##*/} =~ $kept_profiles ]] || rm -rf "$profile"
    done
    install -m 0755 "$here/guest/agent" "$root/usr/local/sbin/box-agent"
    install -m 0644 "$here/guest/box-agent.service" "$root/etc/systemd/system/"
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/var/log/journal"
    ln -sf ../box-agent.service "$root/etc/systemd/system/multi-user.target.wants/"
}

make_initrd() {
    local root=$1 ramdisk=$2 driver
    mkdir -p "$ramdisk"/{bin,dev,root}
    cp "$root/bin/busybox" "$ramdisk/bin/"
    driver=$(find "$root/usr/lib/modules" -name 'virtio_blk.ko*' -print -quit)
    case $driver in
        *.xz) xz -dc "$driver" ;;
        *.zst) zstd -dcq "$driver" ;;
        *) cat "$driver" ;;
    esac >"$ramdisk/virtio_blk.ko"
    install -m 0755 "$here/guest/init" "$ramdisk/init"
    (cd "$ramdisk" && find . | "$root/bin/busybox" cpio -o -H newc 2>/dev/null) >"$3"
}
