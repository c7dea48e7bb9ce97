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
    local sandbox which
    for which in "$name" "$name-runc" "$name-stopped"; do
        sandbox=$(crictl pods -q --name "^$which\$")
        [ -n "$sandbox" ] || fail "the pod $which is not listed"
        equal "the pod $which" SANDBOX_NOTREADY "$(pod_state "$sandbox")"
    done
    equal 'running containers' '' "$(crictl ps -q)"
    equal 'pods' 3 "$(crictl pods -q | wc -l)"
    equal 'containers' 5 "$(crictl ps -a -q | wc -l)"
}

# of NAME: the id of a container.
of() { crictl ps -a -q --name "^$1\$"; }

containers_have_ended() {
    local id which
    id=$(of "$name-ended")
    equal 'the one that had ended before' 'CONTAINER_EXITED 9 Error' "$(ending "$id")"
    id=$(of "$name-stopped")
    equal 'the one that was stopped before' 'CONTAINER_EXITED 137 Error' "$(ending "$id")"
    for which in "$name-running" "$name-runc-running" "$name-created"; do
        id=$(of "$which")
        equal "$which" 'CONTAINER_EXITED 255 Unknown' "$(ending "$id")"
        crictl inspect -o json "$id" | jq -e '.status | (.message | contains("rebooted")) and (.finishedAt | startswith("20"))'
    done
    crictl inspect -o json "$(of "$name-running")" | jq -e '.status.startedAt | startswith("20")'
}

# The kubelet asks for logs and statistics of what it still lists.
what_is_over_can_be_asked() {
    local sandbox
    sandbox=$(crictl pods -q --name "^$name\$")
    crictl stats -a -o json >/dev/null
    crictl statsp -o json >/dev/null
    crictl metricsp >/dev/null
    refused crictl exec --sync "$(of "$name-running")" true
    refused crictl start "$(of "$name-created")"
    crictl stop -t 5 "$(of "$name-running")"
    crictl stopp "$sandbox"
    equal 'the pod' SANDBOX_NOTREADY "$(pod_state "$sandbox")"
}

# A pod's record holds its address until the kubelet has stopped the pod.
stopped_pods_have_no_address() {
    local id
    for id in $(crictl pods -q); do
        crictl stopp "$id"
    done
    [ -z "$(find /var/lib/cni/networks/gantry -type f -name '[0-9a-f]*[.:]*' -printf '%f ' | tee /dev/stderr)" ]
}

a_new_attempt_runs() {
    local sandbox id
    sandbox=$(pod "$name" '.metadata.attempt = 1')
    id=$(container "$sandbox" "$name-again" 'sleep 1000')
    equal state CONTAINER_RUNNING "$(state "$id")"
    crictl exec --sync "$id" ip addr show eth0 | grep -F "$(pod_address "$sandbox")"
}

all_goes() {
    local id
    crictl rm "$(of "$name-running")"
    for id in $(crictl pods -q); do
        remove_pod "$id"
    done
    equal 'containers' '' "$(crictl ps -a -q)"
    nothing_left
}

check 'the unit starts at boot' starts_by_itself
check 'pods of before are NotReady' pods_are_not_ready
check 'containers of before have ended, with what is known of their end' containers_have_ended
check 'what is over can be asked after and stopped' what_is_over_can_be_asked
check 'pods that are stopped give their addresses back' stopped_pods_have_no_address
check 'the next attempt of the pod runs' a_new_attempt_runs
check 'all of it can be removed; nothing is left' all_goes
suite_ends
