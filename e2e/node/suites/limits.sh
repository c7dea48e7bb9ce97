# Cgroups below a pod's slice with the systemd driver on cgroup v2: limits, changes of limits, OOM, statistics.
# handler (environment) names the runtime handler.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
suite "limits-${handler:=crun}"
start_daemon

readonly qos=kubepods.slice/kubepods-burstable.slice

# kubelet_slice NAME: makes the slice of a pod as the kubelet does, through systemd, and prints its cgroup parent.
kubelet_slice() {
    local slice=kubepods-burstable-pod$1.slice
    busctl --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \
        StartTransientUnit 'ssa(sv)a(sa(sv))' "$slice" replace 4 MemoryMax t 536870912 TasksMax t 200 \
        CPUWeight t 50 DefaultDependencies b false 0
    printf '/%s/%s\n' $qos "$slice"
}

drop_slice() {
    systemctl stop "kubepods-burstable-pod$1.slice"
    eventually 20 eval "[ ! -e /sys/fs/cgroup/$qos/kubepods-burstable-pod$1.slice ]"
}

in_slice() { printf '.linux.cgroup_parent = "%s"' "$(kubelet_slice "$1")"; }

cgroup_value() { cat "$(cgroup_of "$1")/$2"; }

limits_arrive() {
    local sandbox id pid at
    sandbox=$(pod limits "$(in_slice limits)")
    id=$(container "$sandbox" limits 'sleep 1000' '.linux.resources = {
        memory_limit_in_bytes: 67108864, memory_swap_limit_in_bytes: 67108864, cpu_quota: 25000, cpu_period: 50000,
        cpu_shares: 512, cpuset_cpus: "0", unified: {"pids.max": "37", "memory.high": "50331648", "memory.min": "1048576"}}')
    pid=$(init_pid "$id")
    at=$(cgroup_of "$pid")
    equal cgroup "/sys/fs/cgroup/$qos/kubepods-burstable-podlimits.slice/gantry-$id.scope" "$at"
    equal memory.max 67108864 "$(cat "$at/memory.max")"
    equal memory.swap.max 0 "$(cat "$at/memory.swap.max")"
    equal cpu.max '25000 50000' "$(cat "$at/cpu.max")"
    equal cpuset.cpus 0 "$(cat "$at/cpuset.cpus")"
    equal pids.max 37 "$(cat "$at/pids.max")"
    equal memory.high 50331648 "$(cat "$at/memory.high")"
    equal memory.min 1048576 "$(cat "$at/memory.min")"
    # 512 shares are a weight of 20 by the linear rule and of 59 by the newer one.
    grep -xE '20|59' "$at/cpu.weight"
    systemctl show "gantry-$id.scope" -p Slice -p MemoryMax | grep -x 'Slice=kubepods-burstable-podlimits.slice'
    # systemd writes what it believes again when it reloads.
    systemctl daemon-reload
    equal 'memory.max after a reload of systemd' 67108864 "$(cat "$at/memory.max")"
    equal 'pids.max after a reload of systemd' 37 "$(cat "$at/pids.max")"
    equal 'cpu.max after a reload of systemd' '25000 50000' "$(cat "$at/cpu.max")"
    remove_pod "$sandbox"
    drop_slice limits
    nothing_left
}

pause_is_below_the_slice() {
    local sandbox pid
    sandbox=$(pod pause "$(in_slice pause)")
    pid=$(crictl inspectp -o json "$sandbox" | jq -r .info.pid)
    equal cgroup "/sys/fs/cgroup/$qos/kubepods-burstable-podpause.slice/gantry-$sandbox.scope" "$(cgroup_of "$pid")"
    systemctl daemon-reload
    kill -0 "$pid"
    equal 'the pod after a reload of systemd' SANDBOX_READY "$(pod_state "$sandbox")"
    remove_pod "$sandbox"
    drop_slice pause
    nothing_left
}

limits_change() {
    local sandbox id at
    sandbox=$(pod change "$(in_slice change)")
    id=$(container "$sandbox" change 'sleep 1000' \
        '.linux.resources = {memory_limit_in_bytes: 67108864, cpu_quota: 25000, cpu_period: 50000, cpu_shares: 512}')
    at=$(cgroup_of "$(init_pid "$id")")
    crictl update --memory 134217728 --cpu-quota 40000 --cpu-period 80000 "$id"
    equal memory.max 134217728 "$(cat "$at/memory.max")"
    equal cpu.max '40000 80000' "$(cat "$at/cpu.max")"
    crictl inspect -o json "$id" |
        jq -e '.status.resources.linux | [.memoryLimitInBytes, .cpuQuota] | map(tonumber) == [134217728, 40000]'
    systemctl daemon-reload
    equal 'memory.max after a reload of systemd' 134217728 "$(cat "$at/memory.max")"
    equal 'cpu.max after a reload of systemd' '40000 80000' "$(cat "$at/cpu.max")"
    crictl exec --sync "$id" true
    remove_pod "$sandbox"
    drop_slice change
    nothing_left
}

exec_counts_to_the_container() {
    local sandbox id
    sandbox=$(pod execs "$(in_slice execs)")
    id=$(container "$sandbox" execs 'sleep 1000' '.linux.resources = {unified: {"pids.max": "9"}}')
    # In the container's own cgroup namespace its cgroup is the root.
    equal 'the cgroup that an exec sees' 0::/ "$(crictl exec --sync "$id" cat /proc/self/cgroup)"
    crictl exec --sync "$id" sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 30 & done' >$work/forks 2>&1 || true
    grep -i 'fork' $work/forks
    cgroup_value "$(init_pid "$id")" pids.events | grep -E '^max [1-9]'
    remove_pod "$sandbox"
    drop_slice execs
    nothing_left
}

oom_is_told() {
    local sandbox id neighbour
    sandbox=$(pod oom "$(in_slice oom)")
    neighbour=$(container "$sandbox" oom-neighbour 'sleep 1000' '.linux.resources = {memory_limit_in_bytes: 67108864}')
    id=$(container "$sandbox" oom 'x=$(tail -c 200000000 /dev/zero | tr "\0" x); echo never' \
        '.linux.resources = {memory_limit_in_bytes: 20971520, memory_swap_limit_in_bytes: 20971520,
            unified: {"memory.oom.group": "1"}}')
    eventually 120 is_state "$id" CONTAINER_EXITED
    equal 'reason and code' 'OOMKilled 137' "$(reason "$id") $(exit_code "$id")"
    equal 'its neighbour' CONTAINER_RUNNING "$(state "$neighbour")"
    equal 'the daemon' active "$(unit ActiveState)"
    remove_pod "$sandbox"
    drop_slice oom
    nothing_left
}

stats_agree_with_the_kernel() {
    local sandbox id at
    sandbox=$(pod stats "$(in_slice stats)")
    id=$(container "$sandbox" stats 'x=$(tail -c 8000000 /dev/zero | tr "\0" x); while :; do sleep 0.2; done')
    at=$(cgroup_of "$(init_pid "$id")")
    eventually 60 eval "[ \$(cat $at/memory.current) -gt 8000000 ]"
    sleep 12
    crictl stats -o json "$id" | tee $work/stats.json
    jq -e --argjson low "$(awk '$1 == "anon" {print int($2 / 2)}' "$at/memory.stat")" \
        '.stats[0] | (.memory.workingSetBytes.value | tonumber) > $low and (.cpu.usageCoreNanoSeconds.value | tonumber) > 0' \
        $work/stats.json
    crictl statsp -o json "$sandbox" | tee $work/statsp.json
    jq -e '.stats[0].linux | (.memory.workingSetBytes.value | tonumber) > 0
        and (.network.defaultInterface.name == "eth0")' $work/statsp.json
    remove_pod "$sandbox"
    drop_slice stats
    nothing_left
}

wrong_parent_is_refused() {
    ! pod wrong '.linux.cgroup_parent = "/not/a/slice/name"' >$work/refused 2>&1
    cat $work/refused
    grep -i 'slice' $work/refused
    nothing_left
}

stop_of_the_slice_ends_the_pod() {
    local sandbox id
    sandbox=$(pod slicestop "$(in_slice slicestop)")
    id=$(container "$sandbox" slicestop 'sleep 1000')
    systemctl stop kubepods-burstable-podslicestop.slice
    eventually 120 is_state "$id" CONTAINER_EXITED
    remove_pod "$sandbox"
    drop_slice slicestop
    nothing_left
}

check 'limits and unified settings reach the cgroup and outlive a reload of systemd' limits_arrive
check 'the pause process is below the slice of its pod' pause_is_below_the_slice
check 'limits of a running container change' limits_change
check 'an exec is in the cgroup of its container' exec_counts_to_the_container
check 'an OOM kill is told, and neighbours live' oom_is_told
check 'statistics agree with the kernel' stats_agree_with_the_kernel
check 'a parent that is no slice is refused' wrong_parent_is_refused
check 'a pod whose slice systemd has stopped can be removed' stop_of_the_slice_ends_the_pod
suite_ends
