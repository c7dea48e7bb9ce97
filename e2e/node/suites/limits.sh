# Cgroups below a pod's slice with the systemd driver on cgroup v2: limits, changes of limits, OOM, statistics.
# handler (environment) names the runtime handler.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
suite "limits-${handler:=crun}"
start_daemon
need_image >/dev/null

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

# Gantry's own slice comes and goes with the pods in it; systemd must not lose track of it.
limits_arrive_without_a_parent() {
    local sandbox id at round
    for round in first second; do
        sandbox=$(pod "own-$round")
        id=$(container "$sandbox" "own-$round" 'sleep 1000' \
            '.linux.resources = {memory_limit_in_bytes: 67108864, cpu_quota: 25000, cpu_period: 50000, unified: {"pids.max": "37"}}')
        at=$(cgroup_of "$(init_pid "$id")")
        equal "cgroup, $round" "/sys/fs/cgroup/gantry.slice/gantry-$id.scope" "$at"
        equal "limits, $round" '67108864 25000 50000 37' "$(cat "$at/memory.max") $(cat "$at/cpu.max") $(cat "$at/pids.max")"
        remove_pod "$sandbox"
        nothing_left
    done
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

# limited_eater POD NAME SCRIPT: a container that may have 20 MiB and goes, after the script, through 200 MB.
limited_eater() {
    container "$1" "$2" "$3"' x=$(tail -c 200000000 /dev/zero | tr "\0" x); echo never' \
        '.linux.resources = {memory_limit_in_bytes: 20971520, memory_swap_limit_in_bytes: 20971520,
            unified: {"memory.oom.group": "1"}}'
}

# systemd often removes the scope before its counter can be read, and conmon may miss the event: hence several rounds.
oom_is_told() {
    local sandbox id neighbour round
    sandbox=$(pod oom "$(in_slice oom)")
    neighbour=$(container "$sandbox" oom-neighbour 'sleep 1000' '.linux.resources = {memory_limit_in_bytes: 67108864}')
    for round in 1 2 3 4 5 6; do
        id=$(limited_eater "$sandbox" "oom-$round" "true;")
        eventually 120 is_state "$id" CONTAINER_EXITED
        equal "its end, round $round" 'CONTAINER_EXITED 137 OOMKilled' "$(ending "$id")"
        equal 'its neighbour' CONTAINER_RUNNING "$(state "$neighbour")"
    done
    # Its siblings' kills are not its own.
    kill -KILL "$(init_pid "$neighbour")"
    eventually 120 is_state "$neighbour" CONTAINER_EXITED
    equal 'the end of its neighbour' 'CONTAINER_EXITED 137 Error' "$(ending "$neighbour")"
    equal 'the daemon' active "$(unit ActiveState)"
    remove_pod "$sandbox"
    drop_slice oom
    nothing_left
}

oom_is_told_later() {
    local sandbox id neighbour
    sandbox=$(pod oomlater "$(in_slice oomlater)")
    neighbour=$(container "$sandbox" oomlater-neighbour 'sleep 1000')
    id=$(limited_eater "$sandbox" oomlater 'while [ ! -e /go ]; do sleep 1; done; sleep 8;')
    crictl exec --sync "$id" touch /go
    systemctl stop gantry
    eventually 120 eval "[ -s /run/gantry/exits/$id ]"
    start_daemon
    eventually 120 is_state "$id" CONTAINER_EXITED
    equal 'its end' 'CONTAINER_EXITED 137 OOMKilled' "$(ending "$id")"
    crictl stop -t 0 "$neighbour"
    equal 'the end of its neighbour' 'CONTAINER_EXITED 137 Error' "$(ending "$neighbour")"
    remove_pod "$sandbox"
    drop_slice oomlater
    nothing_left
}

# Reclaim starts at memory.high and the container lives: it is no limit that kills.
memory_high_slows_and_does_not_kill() {
    local sandbox id at
    sandbox=$(pod high "$(in_slice high)")
    id=$(container "$sandbox" high 'dd if=/dev/zero of=/big bs=65536 count=640 2>/dev/null; echo written; sleep 1000' \
        '.linux.resources = {memory_limit_in_bytes: 134217728, unified: {"memory.high": "16777216"}}')
    at=$(cgroup_of "$(init_pid "$id")")
    eventually 240 grep -q written "$work/logs/high/high.log"
    equal 'size of the file' 41943040 "$(crictl exec --sync "$id" stat -c %s /big)"
    cat "$at/memory.events"
    awk '$1 == "high" && $2 > 0 {found = 1} END {exit !found}' "$at/memory.events"
    awk '$1 == "oom_kill" {exit $2 != 0}' "$at/memory.events"
    [ "$(cat "$at/memory.peak")" -lt 41943040 ]
    equal state CONTAINER_RUNNING "$(state "$id")"
    remove_pod "$sandbox"
    drop_slice high
    nothing_left
}

# The limit of the pod holds for a container that names none; the kernel counts the kill in the container's own cgroup. The
# kernel picks one process, so the container must be that one.
limit_of_the_slice_kills() {
    local sandbox id
    sandbox=$(pod podoom "$(in_slice podoom)")
    systemctl set-property --runtime kubepods-burstable-podpodoom.slice MemoryMax=24M MemorySwapMax=0
    id=$(container "$sandbox" podoom 'exec tail -c 200000000 /dev/zero')
    eventually 120 is_state "$id" CONTAINER_EXITED
    equal 'its end' 'CONTAINER_EXITED 137 OOMKilled' "$(ending "$id")"
    equal 'the daemon' active "$(unit ActiveState)"
    remove_pod "$sandbox"
    drop_slice podoom
    nothing_left
}

# keyed FILE KEY: a value of a cgroup file of keys and values.
keyed() { awk -v key="$2" '$1 == key {print $2}' "$1"; }

# within WHAT LOW VALUE HIGH
within() {
    [ "$2" -le "$3" ] && [ "$3" -le "$4" ] || fail "$1: $3 is not between $2 and $4"
}

# close WHAT EXPECTED FOUND TOLERANCE
close() { within "$1" $(($2 - $4)) "$3" $(($2 + $4)); }

figure() { jq -r "$1 | tonumber" $work/stats.json; }

# The shell stays for a last command: it would be replaced by its sleep, and its memory be gone, if that were the last.
# What counts up lies between a look at the kernel's file before and one after; the memory of a container that rests does
# not change by more than a page or two of the kernel's own. Figures may be as old as the sampler's interval.
stats_agree_with_the_kernel() {
    local sandbox id at memory=.stats[0].memory before after slice
    sandbox=$(pod stats "$(in_slice stats)")
    id=$(container "$sandbox" stats 'x=$(head -c 8000000 /dev/zero | tr "\0" x); echo ready; sleep 1000; echo over' \
        '.linux.resources = {memory_limit_in_bytes: 134217728}')
    at=$(cgroup_of "$(init_pid "$id")")
    eventually 120 grep -q ready "$work/logs/stats/stats.log"
    before=$(keyed "$at/cpu.stat" usage_usec)
    sleep 12
    crictl stats -o json "$id" | tee $work/stats.json
    after=$(keyed "$at/cpu.stat" usage_usec)
    within 'CPU time' ${before}000 "$(figure '.stats[0].cpu.usageCoreNanoSeconds.value')" ${after}000
    close 'memory in use' "$(cat "$at/memory.current")" "$(figure "$memory.usageBytes.value")" 262144
    close 'working set' $(($(cat "$at/memory.current") - $(keyed "$at/memory.stat" inactive_file))) \
        "$(figure "$memory.workingSetBytes.value")" 262144
    close 'memory left' $((134217728 - $(cat "$at/memory.current") + $(keyed "$at/memory.stat" inactive_file))) \
        "$(figure "$memory.availableBytes.value")" 262144
    close 'resident memory' "$(keyed "$at/memory.stat" anon)" "$(figure "$memory.rssBytes.value")" 131072
    [ "$(figure "$memory.rssBytes.value")" -ge 8000000 ]
    close 'page faults' "$(keyed "$at/memory.stat" pgfault)" "$(figure "$memory.pageFaults.value")" 16
    close 'major page faults' "$(keyed "$at/memory.stat" pgmajfault)" "$(figure "$memory.majorPageFaults.value")" 16
    slice=${at%/*}
    crictl statsp -o json "$sandbox" | tee $work/stats.json
    close 'working set of the pod' $(($(cat "$slice/memory.current") - $(keyed "$slice/memory.stat" inactive_file))) \
        "$(figure '.stats[0].linux.memory.workingSetBytes.value')" 524288
    within 'CPU time of the pod' ${after}000 "$(figure '.stats[0].linux.cpu.usageCoreNanoSeconds.value')" \
        "$(keyed "$slice/cpu.stat" usage_usec)000"
    # A shell, its sleep and the pause process.
    equal 'processes of the pod' "$(cat "$slice"/*/cgroup.procs | wc -l)" "$(figure '.stats[0].linux.process.processCount.value')"
    jq -e '.stats[0].linux.network.defaultInterface | .name == "eth0" and (.rxBytes.value | tonumber) >= 0' $work/stats.json
    remove_pod "$sandbox"
    drop_slice stats
    nothing_left
}

# What the kubelet's cAdvisor endpoint passes on.
metrics_agree_with_the_kernel() {
    local sandbox id at
    sandbox=$(pod metrics "$(in_slice metrics)")
    id=$(container "$sandbox" metrics 'sleep 1000' '.linux.resources = {memory_limit_in_bytes: 67108864, cpu_quota: 25000,
        cpu_period: 50000, unified: {"pids.max": "37"}}')
    at=$(cgroup_of "$(init_pid "$id")")
    sleep 12
    crictl metricsp -o json >$work/metrics.json
    metric() {
        jq -r --arg id "$id" --arg name "$1" '[.podMetrics[].containerMetrics[] | select(.containerId == $id).metrics[] |
            select(.name == $name).value.value | tonumber] | first' $work/metrics.json
    }
    equal 'the memory limit' 67108864 "$(metric container_spec_memory_limit_bytes)"
    equal 'the quota' 25000 "$(metric container_spec_cpu_quota)"
    equal 'the period' 50000 "$(metric container_spec_cpu_period)"
    equal 'the most threads' 37 "$(metric container_threads_max)"
    equal 'threads' "$(cat "$at/pids.current")" "$(metric container_threads)"
    close 'memory' "$(cat "$at/memory.current")" "$(metric container_memory_usage_bytes)" 262144
    remove_pod "$sandbox"
    drop_slice metrics
    nothing_left
}

wrong_parent_is_refused() {
    refused pod wrong '.linux.cgroup_parent = "/not/a/slice/name"' >$work/refused 2>&1
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

# systemd must not be left with the scopes of containers that the runtime began to make.
refused_creations_leave_nothing() {
    local sandbox round
    sandbox=$(pod refused "$(in_slice refused)")
    for round in 1 2 3 4 5; do
        container_file "refused-$round" 'sleep 1' '.linux.resources = {unified: {"memory.high": "nonsense"}}'
        refused crictl create "$sandbox" "$work/refused-$round.container.json" "$work/refused.pod.json"
    done
    equal containers '' "$(crictl ps -a -q)"
    remove_pod "$sandbox"
    drop_slice refused
    nothing_left
}

check 'limits and unified settings reach the cgroup and outlive a reload of systemd' limits_arrive
check 'limits reach the cgroup of a pod without a parent, twice' limits_arrive_without_a_parent
check 'the pause process is below the slice of its pod' pause_is_below_the_slice
check 'limits of a running container change' limits_change
check 'an exec is in the cgroup of its container' exec_counts_to_the_container
check 'an OOM kill is told, and neighbours live' oom_is_told
check 'an OOM kill while the daemon is down is told, and neighbours live' oom_is_told_later
check 'memory.high slows a container down and does not kill it' memory_high_slows_and_does_not_kill
check 'a limit of the pod'"'"'s slice ends what exceeds it' limit_of_the_slice_kills
check 'statistics agree with the cgroup files' stats_agree_with_the_kernel
check 'metrics agree with the cgroup files' metrics_agree_with_the_kernel
check 'a parent that is no slice is refused' wrong_parent_is_refused
check 'creations that the runtime refuses leave nothing' refused_creations_leave_nothing
check 'a pod whose slice systemd has stopped can be removed' stop_of_the_slice_ends_the_pod
suite_ends
