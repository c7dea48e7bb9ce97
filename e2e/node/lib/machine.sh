# One virtual node: starting and ending it, and the control channel to the agent inside; sourced by box.
#
# In its directory: pid, console (what the kernel says), ctl.in and ctl.out (the control channel), mon.in and mon.out
# (QEMU's monitor), in.raw and out.raw (disks that carry files), disk.qcow2 (what differs from the image).

readonly transfer_size=8G
readonly boot_limit=900

alive() {
    local pid
    pid=$(cat "$box/pid" 2>/dev/null) && [ -e "/proc/$pid/exe" ]   # a zombie has none
}

need_alive() { alive || die "use the virtual node $box: it is not running" "start it: $0 start"; }

start_machine() {
    ! alive || die "start the virtual node $box: it runs already (process $(cat "$box/pid"))" "end it: $0 stop"
    rm -rf "$box"
    mkdir -p "$box"
    mkfifo "$box"/{ctl,mon}.{in,out}
    truncate -s $transfer_size "$box/in.raw" "$box/out.raw"
    (qemu qemu-img create -q -f qcow2 -b "$image/disk.ext4" -F raw "$box/disk.qcow2")
    # Without cx16: guests under QEMU 7 die of it now and then, and nothing here needs it.
    local arguments=(
        -name "box-${box##*/}" -nodefaults -no-user-config -display none
        -machine pc -accel tcg,thread=multi,tb-size=512 -cpu max,-cx16 -smp "${BOX_CPUS:-2}" -m "${BOX_MEMORY:-2560}"
        -kernel "$image/vmlinuz" -initrd "$image/initrd"
        -append "root=/dev/vda rw console=ttyS0 quiet loglevel=4 mitigations=off audit=0 nowatchdog no_timer_check
 rcupdate.rcu_expedited=1 random.trust_cpu=1 panic=5 apparmor=1 security=apparmor systemd.show_status=0"
        -drive "if=none,id=root,file=$box/disk.qcow2,format=qcow2,cache=unsafe,discard=unmap"
        -device virtio-blk-pci,drive=root
        -drive "if=none,id=in,file=$box/in.raw,format=raw,cache=unsafe,read-only=on"
        -device virtio-blk-pci,drive=in,serial=box-in
        -drive "if=none,id=out,file=$box/out.raw,format=raw,cache=unsafe"
        -device virtio-blk-pci,drive=out,serial=box-out
        -device virtio-serial-pci -chardev "pipe,id=ctl,path=$box/ctl" -device virtserialport,chardev=ctl,name=box
        -device virtio-rng-pci -serial "file:$box/console"
        -chardev "pipe,id=mon,path=$box/mon" -mon chardev=mon,mode=control)
    (
        arguments=("${arguments[@]//$'\n'/}")
        exec setsid nice -n "${BOX_NICE:-10}" bash -c "$(declare -f qemu); qemu \"\$@\"" \
            bash qemu-system-x86_64 "${arguments[@]}" >"$box/qemu.log" 2>&1 </dev/null 9>&-
    ) &
    printf '%s\n' $! >"$box/pid"
    monitor '' # ends QEMU's greeting
    alive || { cat "$box/qemu.log" >&2; die "start the virtual node: QEMU ended at once"; }
    await_up
}

# monitor COMMAND...: gives each to QEMU's monitor; an empty one opens the conversation.
monitor() {
    local command line deadline
    exec 6<>"$box/mon.in" 7<>"$box/mon.out"
    for command in "$@"; do
        if [ -z "$command" ]; then
            printf '{"execute":"qmp_capabilities"}\n' >&6
        else
            printf '{"execute":"%s"}\n' "$command" >&6
        fi
        deadline=$((SECONDS + 60))
        while ((SECONDS < deadline)) && alive; do
            IFS= read -r -t 1 -u7 line || continue
            case $line in '{"return"'* | '{"error"'*) break ;; esac
        done
    done
    exec 6>&- 7>&-
}

# await_up: until the agent says that the machine has booted.
await_up() {
    local deadline=$((SECONDS + boot_limit)) line
    exec 5<>"$box/ctl.out"
    while ((SECONDS < deadline)) && alive; do
        if IFS= read -r -t 1 -u5 line && [[ $line == '@@box up '* ]]; then
            exec 5>&-
            request time 30 "$(date +%s)"
            return
        fi
    done
    exec 5>&-
    tail -n 5 "$box/console" >&2
    die "boot the virtual node: it was not up after $boot_limit s" "its console is $box/console"
}

# request VERB LIMIT WORDS...: asks the agent, prints what the command prints and returns its status: 124 when there is no
# answer, 126 when the machine went down and came up meanwhile, 127 when QEMU ended. third holds the answer's third word.
request() {
    local verb=$1 limit=$2 id=$$-$RANDOM$RANDOM line part='' first=yes deadline
    shift 2
    need_alive
    third=''
    exec 4<>"$box/ctl.in" 5<>"$box/ctl.out"
    if [ "$verb" = exec ]; then
        printf 'exec %s %s %s\n' "$id" "$limit" "$(printf '%s' "$*" | base64 -w0)" >&4
    else
        printf '%s %s %s\n' "$verb" "$id" "$*" >&4
    fi
    deadline=$((SECONDS + limit + 30))
    while :; do
        if IFS= read -r -t 2 -u5 line; then
            line=$part$line part=''
            if [[ $line == "@@box done $id "* ]]; then
                read -r _ _ _ line third <<<"$line"
                exec 4>&- 5>&-
                return "$line"
            elif [[ $line == '@@box up '* ]]; then
                exec 4>&- 5>&-
                return 126
            fi
            # The agent puts its own lines on fresh ones: a newline is held back till the next line comes.
            [ -n "$first" ] || printf '\n'
            first=''
            printf '%s' "$line"
        else
            part+=$line
            if ! alive || ((SECONDS >= deadline)); then
                exec 4>&- 5>&-
                alive || return 127
                return 124
            fi
        fi
    done
}

put_files() {
    local source=$1 directory=$2 name=. bytes
    [ -d "$source" ] || { name=$(basename "$source"); source=$(dirname "$source"); }
    bytes=$(tar -C "$source" -cf - --sparse --numeric-owner "$name" |
        dd of="$box/in.raw" bs=1M conv=notrunc iflag=fullblock 2>&1 | sed -n 's/^\([0-9]*\) bytes.*/\1/p')
    request put 600 "$bytes" "$directory" || die "copy $1 into the virtual node: it failed"
}

get_files() {
    request get 600 "$1" || die "copy $1 out of the virtual node: it is not there"
    mkdir -p "$2"
    head -c "$third" "$box/out.raw" | tar -C "$2" -xpf - --numeric-owner --no-same-owner
}

reboot_machine() {
    local status=0
    need_alive
    if [ "${1:-}" = --hard ]; then
        monitor system_reset
    else
        request exec 60 'systemctl reboot --no-block' >/dev/null || status=$?
    fi
    # 126: it was up again before it had answered.
    if [ $status = 126 ]; then
        request time 30 "$(date +%s)"
    else
        await_up
    fi
}

stop_machine() {
    local tries=0
    if alive; then
        monitor quit
        while alive && [ $tries -lt 50 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        ! alive || kill -9 "$(cat "$box/pid")"
    fi
    rm -rf "$box"
}
