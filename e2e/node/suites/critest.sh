# critest inside the virtual node. Arguments: the name of this part, the runtime handler, a focus and a skip (regular
# expressions, may be empty), the limit in minutes. Leaves critest's own report as PART.xml and its output as PART.log.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
readonly part=$1 handler=$2 focus=$3 skip=$4 limit=$5
suite "$part"
start_daemon
readonly daemon=$(daemon_pid) log=$results/$part.log

# progress: once a minute, how far it is.
progress() {
    while sleep 60; do
        printf '  %s specs ended, %s failed\n' "$(grep -cE '^[•S] \[' "$log")" "$(grep -cE '^• \[(FAILED|TIMEDOUT|PANICKED)' "$log")"
    done
}

progress &
readonly watcher=$!
printf 'timeout: 300\n' >$work/critest.yaml
critest -config $work/critest.yaml -runtime-endpoint unix:///run/gantry/gantry.sock \
    -image-endpoint unix:///run/gantry/gantry.sock -runtime-handler "$handler" -ginkgo.no-color \
    -nri-socket /var/run/nri/nri.sock -ginkgo.timeout "${limit}m" -ginkgo.grace-period 60s ${focus:+-ginkgo.focus "$focus"} \
    -ginkgo.skip "benchmark${skip:+|$skip}" -ginkgo.v -ginkgo.junit-report "$results/$part.xml" >"$log" 2>&1
printf '  critest ended with status %s: %s\n' $? "$(grep -m 1 -E '^(Ran |FAIL!|SUCCESS!)' "$log")"
kill $watcher

# What a spec that was cut short leaves is not Gantry's to clean up.
remove_all_pods
same_daemon() { equal 'the daemon' "$daemon" "$(daemon_pid)"; }
check 'critest leaves nothing behind' nothing_left
check 'the daemon is still the one it was' same_daemon
suite_ends
