# What every suite in the virtual node uses: cases with JUnit results, pods, and what a node must not keep; sourced.

set -u
shopt -s inherit_errexit
export LC_ALL=C.UTF-8
readonly results=/out
readonly busybox=registry.k8s.io/e2e-test-images/busybox:1.29-2
mkdir -p $results

suite() {
    suite_name=$1
    case_count=0 case_failures=0
    suite_cases=$(mktemp -d)
}

xml_text() { tr -d '\000-\010\013\014\016-\037' | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g'; }

# check NAME FUNCTION: one test; it passes when the function ends with status 0. Its commands stop at the first that fails.
check() {
    local title=$1 began status
    case_count=$((case_count + 1))
    began=$(date +%s%N)
    ( set -eE -o pipefail; trap 'echo "line $LINENO: $BASH_COMMAND: status $?" >&2' ERR; "$2" ) >"$suite_cases/log" 2>&1
    status=$?
    local seconds=$((($(date +%s%N) - began) / 1000000))
    seconds=$((seconds / 1000)).$(printf %03d $((seconds % 1000)))
    {
        printf '<testcase classname="node.%s" name="%s" time="%s">' "$suite_name" "$(xml_text <<<"$title")" "$seconds"
        if [ $status != 0 ]; then
            printf '<failure message="%s">' "$(tail -n 4 "$suite_cases/log" | xml_text)"
            xml_text <"$suite_cases/log"
            printf '</failure>'
        fi
        printf '</testcase>\n'
    } >>"$suite_cases/xml"
    if [ $status = 0 ]; then
        printf '  passed  %s (%s s)\n' "$title" "$seconds"
    else
        case_failures=$((case_failures + 1))
        printf '  FAILED  %s (%s s)\n' "$title" "$seconds"
        tail -n 12 "$suite_cases/log" | sed 's/^/          /'
        # What a failed case has left is not held against the next.
        answers && remove_all_pods >/dev/null 2>&1
    fi
}

suite_ends() {
    {
        printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="node.%s" tests="%d" failures="%d">\n' \
            "$suite_name" "$case_count" "$case_failures"
        cat "$suite_cases/xml"
        printf '</testsuite>\n'
    } >"$results/TEST-$suite_name.xml"
    rm -rf "$suite_cases"
    journalctl -q -u gantry --no-pager -o short-iso-precise >"$results/$suite_name-gantry.log" 2>&1
    [ $case_failures = 0 ]
}

# fail TEXT: ends the case.
fail() { printf 'failed: %s\n' "$*" >&2; return 1; }

# refused COMMAND...: it must fail ("! command" does not end a case).
refused() {
    if "$@"; then
        fail "it succeeded: $*"
    fi
}

# equal WHAT EXPECTED FOUND
equal() { [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"; }

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || { fail "it never became true: $*"; return 1; }
        sleep 0.3
    done
}

# ------------------------------------------------------------------------------------------------ the daemon

answers() { crictl version >/dev/null 2>&1; }
daemon_pid() { systemctl show gantry -p MainPID --value; }
unit() { systemctl show gantry -p "$1" --value; }

start_daemon() { systemctl start gantry; answers || fail "gantry is started but does not answer"; }

# The suites may run in any order, each on a fresh machine.
need_image() { crictl inspecti $busybox >/dev/null 2>&1 || crictl pull $busybox; }

# ------------------------------------------------------------------------------------------------ pods and containers

readonly work=/run/node-test
mkdir -p $work/logs

# pod NAME [JQ]: runs a sandbox and prints its id. Its containers have PID namespaces of their own, as the kubelet asks. JQ
# changes its configuration. handler names a runtime handler.
pod() {
    local id
    jq -n --arg name "$1" --arg logs "$work/logs/$1" '{
        metadata: {name: $name, namespace: "node", uid: ("uid-" + $name), attempt: 0},
        log_directory: $logs, linux: {security_context: {namespace_options: {pid: 1}}}}' | jq "${2:-.}" >"$work/$1.pod.json"
    mkdir -p "$work/logs/$1" $work/pods
    id=$(crictl runp ${handler:+-r "$handler"} "$work/$1.pod.json") || return
    ln -sfn "$work/$1.pod.json" "$work/pods/$id"
    printf '%s\n' "$id"
}

# container_file NAME SCRIPT JQ: writes the configuration of a container that runs a shell script; JQ changes it.
container_file() {
    jq -n --arg name "$1" --arg image "$busybox" --arg script "$2" '{
        metadata: {name: $name, attempt: 0}, image: {image: $image},
        command: ["sh", "-c", $script], log_path: ($name + ".log"), linux: {security_context: {namespace_options: {pid: 1}}}}' |
        jq "$3" >"$work/$1.container.json"
}

# container POD NAME SCRIPT [JQ]: creates and starts a container in the pod with the id POD, and prints the container's id.
container() {
    local sandbox=$1 name=$2 id
    container_file "$name" "$3" "${4:-.}"
    id=$(crictl create "$sandbox" "$work/$name.container.json" "$work/pods/$sandbox")
    crictl start "$id" >/dev/null
    printf '%s\n' "$id"
}

state() { crictl inspect -o json "$1" | jq -r .status.state; }
is_state() { [ "$(state "$1")" = "$2" ]; }
exit_code() { crictl inspect -o json "$1" | jq -r .status.exitCode; }
# ending ID: state, exit code and reason.
ending() { crictl inspect -o json "$1" | jq -r '.status | "\(.state) \(.exitCode) \(.reason)"'; }
init_pid() { crictl inspect -o json "$1" | jq -r .info.pid; }
pod_address() { crictl inspectp -o json "$1" | jq -r .status.network.ip; }
pod_state() { crictl inspectp -o json "$1" | jq -r .status.state; }

# cgroup_of PID: its directory in the one cgroup file system.
cgroup_of() { printf '/sys/fs/cgroup%s\n' "$(sed -n 's/^0:://p' "/proc/$1/cgroup")"; }

remove_pod() { crictl stopp "$1" >/dev/null; crictl rmp "$1" >/dev/null; }
remove_all_pods() {
    local id
    for id in $(crictl pods -q); do
        remove_pod "$id" || true
    done
}

# ------------------------------------------------------------------------------------------------ what pods leave

# leftovers: one line for each thing that a node without pods must not have. An empty gantry.slice is systemd's to keep.
leftovers() {
    awk '$2 ~ "^/(run|var/lib)/gantry/" {print "mount " $2}' /proc/mounts
    find /sys/fs/cgroup -mindepth 1 -type d \( -name 'gantry-*' -o -name 'crio-*' \) -printf 'cgroup %P\n'
    systemctl list-units --all --plain --no-legend 'gantry-*.scope' | sed 's/^/unit /'
    ps -eo pid,comm | awk '$2 == "gantry-pause" || $2 == "conmon" || $2 == "runc" || $2 == "crun" {print "process " $0}'
    ip -o link show type veth | awk '{print "link " $2}'
    find /var/lib/cni/networks/gantry -type f -name '[0-9a-f]*[.:]*' -printf 'address %f\n' 2>/dev/null
    find /run/netns -type f -printf 'netns %p\n' 2>/dev/null
    find /run/gantry/{sandboxes,containers,exits,sockets,execs} /var/lib/gantry/{sandboxes,containers} -mindepth 1 -maxdepth 1 \
        -printf 'file %p\n' 2>/dev/null
    return 0
}

nothing_left() {
    local tries=0 left
    while left=$(leftovers) && [ -n "$left" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 40 ]; then
            fail "left behind: $left"
            return 1
        fi
        sleep 0.5
    done
}
