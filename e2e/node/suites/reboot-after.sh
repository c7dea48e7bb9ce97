# What is left of the pods after a reboot. Argument: what kind of reboot.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
suite "reboot-$1-after"
kind=$1
name=reboot-$kind

starts_by_itself() {
    eventually 120 answers
    equal 'the unit' active "$(unit ActiveState)"
}

pods_are_not_ready() {
    local sandbox
    sandbox=$(crictl pods -q --name "^$name\$")
    [ -n "$sandbox" ] || fail "the pod $name is not listed"
    equal 'the pod' SANDBOX_NOTREADY "$(pod_state "$sandbox")"
    equal 'running containers' '' "$(crictl ps -q)"
    equal 'pods' 1 "$(crictl pods -q | wc -l)"
}

containers_have_ended() {
    local id
    id=$(crictl ps -a -q --name "^$name-ended\$")
    equal 'the one that had ended before' 'CONTAINER_EXITED 9' "$(state "$id") $(exit_code "$id")"
    id=$(crictl ps -a -q --name "^$name-running\$")
    equal 'the one that ran' CONTAINER_EXITED "$(state "$id")"
    [ "$(exit_code "$id")" != 0 ] || fail 'the one that ran: its exit code is 0'
    crictl inspect -o json "$id" | jq -c .status
}

addresses_are_free() {
    eventually 60 eval '[ -z "$(find /var/lib/cni/networks/gantry -type f -name "*[.:]*" -printf %f)" ]'
}

a_new_attempt_runs() {
    local sandbox id
    sandbox=$(pod "$name" '.metadata.attempt = 1')
    id=$(container "$sandbox" "$name-again" 'sleep 1000')
    equal state CONTAINER_RUNNING "$(state "$id")"
    crictl exec --sync "$id" ip addr show eth0 | grep -F "$(pod_address "$sandbox")"
}

all_goes() {
    remove_all_pods
    equal 'containers' '' "$(crictl ps -a -q)"
    nothing_left
}

check 'the unit starts at boot' starts_by_itself
check 'pods of before are NotReady' pods_are_not_ready
check 'containers of before have ended, with what is known of their end' containers_have_ended
check 'addresses of before are free' addresses_are_free
check 'the next attempt of the pod runs' a_new_attempt_runs
check 'all of it can be removed; nothing is left' all_goes
suite_ends
