# Leaves pods running for a reboot: one with two containers that run and one that has ended. Argument: what kind of reboot.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
suite "reboot-$1-before"
start_daemon

pods_run() {
    local sandbox id
    sandbox=$(pod "reboot-$1")
    id=$(container "$sandbox" "reboot-$1-ended" 'exit 9')
    eventually 60 is_state "$id" CONTAINER_EXITED
    id=$(container "$sandbox" "reboot-$1-running" 'sleep 100000')
    mkdir -p /var/lib/node-test
    pod_address "$sandbox" >/var/lib/node-test/address
    cp $work/*.json /var/lib/node-test/
    remove_pod "$(pod "reboot-$1-removed")"
}
of_this_kind() { pods_run "$kind"; }

kind=$1
check 'pods run before the reboot' of_this_kind
sync
suite_ends
