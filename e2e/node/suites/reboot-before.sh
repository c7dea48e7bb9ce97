# Leaves pods running for a reboot: see pods_run. Argument: what kind of reboot.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
suite "reboot-$1-before"
start_daemon
need_image >/dev/null

pods_run() {
    local sandbox id
    sandbox=$(pod "reboot-$1")
    id=$(container "$sandbox" "reboot-$1-ended" 'exit 9')
    eventually 60 is_state "$id" CONTAINER_EXITED
    id=$(container "$sandbox" "reboot-$1-running" 'sleep 100000')
    # One that was created and never started, and the same with the other handler.
    container_file "reboot-$1-created" 'sleep 1' .
    crictl create "$sandbox" "$work/reboot-$1-created.container.json" "$work/reboot-$1.pod.json"
    handler=runc
    sandbox=$(pod "reboot-$1-runc")
    id=$(container "$sandbox" "reboot-$1-runc-running" 'sleep 100000')
    handler=''
    # A pod that was stopped, and not yet removed.
    sandbox=$(pod "reboot-$1-stopped")
    id=$(container "$sandbox" "reboot-$1-stopped" 'sleep 100000')
    crictl stopp "$sandbox"
    remove_pod "$(pod "reboot-$1-removed")"
}
of_this_kind() { pods_run "$kind"; }

kind=$1
check 'pods run before the reboot' of_this_kind
sync
suite_ends
