# The daemon under systemd: its unit, what it tells the service manager, and pods that outlive it.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
suite "${1:-daemon}"

host_is_checked() {
    gantry check
}

unit_is_good() {
    systemd-analyze verify gantry.service
}

starts_and_says_so() {
    start_daemon
    equal 'the unit' active "$(unit ActiveState)"
    unit StatusText | grep -F 'serving on /run/gantry/gantry.sock'
    journalctl -u gantry --no-pager | grep -F 'cgroup_driver=SYSTEMD'
    crictl info | jq -e '.status.conditions | map(select(.type == "RuntimeReady" or .type == "NetworkReady") | .status) == [true, true]'
}

kubelet_is_told_the_driver() {
    crictl runtime-config | grep -i systemd
}

handlers_are_offered() {
    crictl info -o json >$work/info.json
    jq -e '.runtimeHandlers | map(.name) | contains(["crun", "runc"])' $work/info.json
}

images_are_pulled() { crictl pull $busybox; }

whole_life() {
    local sandbox id
    handler=$1
    sandbox=$(pod "life-$1")
    id=$(container "$sandbox" "life-$1" 'echo hello; trap "exit 5" TERM; while :; do sleep 0.2; done')
    equal state CONTAINER_RUNNING "$(state "$id")"
    cgroup_of "$(init_pid "$id")" | grep "/gantry.slice/gantry-$id.scope$"
    equal 'the exec' 'from inside' "$(crictl exec --sync "$id" echo from inside)"
    eventually 20 grep -q hello "$work/logs/life-$1/life-$1.log"
    crictl exec --sync "$id" ip addr show eth0 | grep -F "$(pod_address "$sandbox")"
    crictl stop -t 60 "$id"
    equal 'exit code' 5 "$(exit_code "$id")"
    crictl rm "$id"
    remove_pod "$sandbox"
    nothing_left
}
whole_life_crun() { whole_life crun; }
whole_life_runc() { whole_life runc; }
whole_life_default() { whole_life ''; }

default_is_crun() {
    local sandbox id
    sandbox=$(pod default)
    id=$(container "$sandbox" default 'sleep 1000')
    tr '\0' ' ' <"/proc/$(awk '{print $4}' "/proc/$(init_pid "$id")/stat")/cmdline" | grep -w crun
    remove_pod "$sandbox"
}

# Debian ships a profile crun, which containers that crun starts have as well.
apparmor_confines() {
    local sandbox id handler=$1
    grep -F 'gantry-default (enforce)' /sys/kernel/security/apparmor/profiles
    sandbox=$(pod "apparmor-$1")
    id=$(container "$sandbox" "apparmor-$1" 'sleep 1000 & sleep 1000 & echo started; kill %1; wait %1; trap "exit 6" TERM; wait')
    grep -E '(^|&)gantry-default \((enforce|mixed)\)' "/proc/$(init_pid "$id")/attr/current"
    crictl exec --sync "$id" cat /proc/self/attr/current | grep -F gantry-default
    crictl exec --sync "$id" sh -c 'ps; kill -0 1'
    refused crictl exec --sync "$id" sh -c 'echo 1 >/proc/sys/vm/overcommit_memory'
    crictl stop -t 60 "$id"
    equal 'exit code' 6 "$(exit_code "$id")"
    remove_pod "$sandbox"
    nothing_left
}
apparmor_confines_crun() { apparmor_confines crun; }
apparmor_confines_runc() { apparmor_confines runc; }

# Sets sandbox, lasting and ending: a pod with a container that stays and one that ends with 7 when told to.
two_containers() {
    sandbox=$(pod "$1")
    lasting=$(container "$sandbox" "$1-lasting" 'trap "exit 3" TERM; while :; do sleep 0.2; done')
    ending=$(container "$sandbox" "$1-ending" 'until [ -e /tmp/end ]; do sleep 0.2; done; exit 7')
}

end_it() { nsenter -t "$(init_pid "$ending")" -m -r /bin/touch /tmp/end; }

survive() {
    equal "lasting after $1" "CONTAINER_RUNNING $2" "$(state "$lasting") $(init_pid "$lasting")"
    equal "the pod after $1" SANDBOX_READY "$(pod_state "$sandbox")"
    crictl exec --sync "$lasting" true
}

restart_keeps_pods() {
    local sandbox lasting ending pid daemon
    two_containers restart
    pid=$(init_pid "$lasting") daemon=$(daemon_pid)
    systemctl restart gantry
    [ "$(daemon_pid)" != "$daemon" ]
    survive restart "$pid"
    end_it
    eventually 30 is_state "$ending" CONTAINER_EXITED
    equal 'exit code' 7 "$(exit_code "$ending")"
    crictl stop -t 60 "$lasting"
    equal 'exit code' 3 "$(exit_code "$lasting")"
    remove_pod "$sandbox"
    nothing_left
}

stop_keeps_pods_and_exit_codes() {
    local sandbox lasting ending pid inner
    two_containers stop
    pid=$(init_pid "$lasting") inner=$(init_pid "$ending")
    nsenter -t "$inner" -m -r /bin/touch /tmp/soon
    systemctl stop gantry
    equal 'the unit' 'inactive success' "$(unit ActiveState) $(unit Result)"
    [ ! -e /run/gantry/gantry.sock ]
    kill -0 "$pid"
    nsenter -t "$inner" -m -r /bin/touch /tmp/end
    eventually 30 eval "! kill -0 $inner"
    start_daemon
    survive stop "$pid"
    equal 'the one that ended meanwhile' 'CONTAINER_EXITED 7 Error' "$(ending "$ending")"
    remove_pod "$sandbox"
    nothing_left
}

kill_is_survived() {
    local sandbox lasting ending pid daemon
    two_containers kill
    pid=$(init_pid "$lasting") daemon=$(daemon_pid)
    end_it
    systemctl kill -s KILL --kill-whom=main gantry
    eventually 120 eval '[ "$(daemon_pid)" != 0 ] && [ "$(daemon_pid)" != '"$daemon"' ] && answers'
    survive kill "$pid"
    eventually 30 is_state "$ending" CONTAINER_EXITED
    equal 'exit code' 7 "$(exit_code "$ending")"
    remove_pod "$sandbox"
    nothing_left
}

# "systemctl kill" without more sends the signal to every process of the unit: the monitors are among them.
kill_of_the_whole_unit() {
    local sandbox lasting ending daemon
    two_containers killall
    daemon=$(daemon_pid)
    systemctl kill -s KILL gantry
    eventually 120 eval '[ "$(daemon_pid)" != 0 ] && [ "$(daemon_pid)" != '"$daemon"' ] && answers'
    crictl ps -a
    remove_pod "$sandbox"
    nothing_left
}

watchdog_restarts_a_hung_daemon() {
    local sandbox lasting ending pid daemon
    systemctl restart gantry
    equal 'the unit asks for signs of life' 1min "$(systemctl show gantry -p WatchdogUSec --value)"
    two_containers watchdog
    pid=$(init_pid "$lasting") daemon=$(daemon_pid)
    sleep 90
    equal 'the daemon after one and a half intervals' "$daemon" "$(daemon_pid)"
    kill -STOP "$daemon"
    eventually 120 eval '[ "$(daemon_pid)" != 0 ] && [ "$(daemon_pid)" != '"$daemon"' ] && answers'
    journalctl -u gantry --no-pager | grep -i 'watchdog timeout'
    survive watchdog "$pid"
    remove_pod "$sandbox"
    nothing_left
}

# A kubelet that writes down its arguments, under kubeadm's drop-in, with flags that name another runtime.
kubelet_drop_in_wins() {
    local units=/run/systemd/system
    mkdir -p $units/kubelet.service.d
    printf '#!/bin/sh\necho "$@" >/run/kubelet-arguments\n' >/usr/bin/kubelet
    chmod 755 /usr/bin/kubelet
    printf '[Service]\nType=oneshot\nExecStart=/usr/bin/kubelet\n' >$units/kubelet.service
    cat >$units/kubelet.service.d/10-kubeadm.conf <<'UNIT'
[Service]
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/run/kubelet-defaults
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
UNIT
    printf 'KUBELET_EXTRA_ARGS=--node-ip=192.0.2.1 --container-runtime-endpoint=unix:///run/other.sock\n' >/run/kubelet-defaults
    cp /usr/lib/gantry/share/kubelet/20-gantry.conf $units/kubelet.service.d/
    systemctl daemon-reload
    systemctl start kubelet
    grep -F -e '--config=/var/lib/kubelet/config.yaml' /run/kubelet-arguments
    grep -F -e '--node-ip=192.0.2.1' /run/kubelet-arguments
    equal 'the endpoint that counts' unix:///run/gantry/gantry.sock \
        "$(grep -o 'container-runtime-endpoint=[^ ]*' /run/kubelet-arguments | tail -n 1 | cut -d = -f 2)"
    rm -rf $units/kubelet.service $units/kubelet.service.d /usr/bin/kubelet /run/kubelet-arguments /run/kubelet-defaults
    systemctl daemon-reload
}

broken_configuration_is_told() {
    printf '[runtime]\nno_such_key = 1\n' >/etc/gantry/gantry.d/broken.toml
    systemctl restart gantry || true
    journalctl -u gantry --no-pager -n 20 | grep -F 'broken.toml:2'
    rm /etc/gantry/gantry.d/broken.toml
    systemctl reset-failed gantry
    start_daemon
}

mkdir -p /etc/gantry/gantry.d
check 'gantry check finds the host fit' host_is_checked
check 'systemd finds no fault in the unit' unit_is_good
check 'the unit starts, is ready and says so' starts_and_says_so
check 'the kubelet is told the systemd driver' kubelet_is_told_the_driver
check 'crun and runc are offered as handlers' handlers_are_offered
check 'an image is pulled' images_are_pulled
check 'a pod with crun: run, exec, log, stop, remove, nothing left' whole_life_crun
check 'a pod with runc: run, exec, log, stop, remove, nothing left' whole_life_runc
check 'a pod with the default handler: nothing left' whole_life_default
check 'the default AppArmor profile confines containers of crun' apparmor_confines_crun
check 'the default AppArmor profile confines containers of runc' apparmor_confines_runc
check 'systemctl restart keeps pods; exit codes are right' restart_keeps_pods
check 'systemctl stop keeps pods; an exit while it was down has its code' stop_keeps_pods_and_exit_codes
check 'a killed daemon is restarted and finds its pods' kill_is_survived
check 'a kill of everything in the unit leaves pods that can be removed' kill_of_the_whole_unit
check 'the watchdog restarts a daemon that hangs; pods stay' watchdog_restarts_a_hung_daemon
check 'the drop-in for the kubelet wins over /etc/default/kubelet' kubelet_drop_in_wins
check 'a broken configuration is told in the journal' broken_configuration_is_told
suite_ends
