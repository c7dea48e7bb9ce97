# critest inside the virtual node. Arguments: the runtime handler, a focus and a skip (regular expressions, may be empty).
# The report is critest-HANDLER.xml, the output critest-HANDLER.log.

# shellcheck source=/dev/null
source "$(dirname "$0")/harness.sh"
start_daemon
readonly focus=${2:-} skip=${3:-}

printf 'timeout: 300\n' >$work/critest.yaml
status=0
critest -config $work/critest.yaml -runtime-endpoint unix:///run/gantry/gantry.sock \
    -image-endpoint unix:///run/gantry/gantry.sock -runtime-handler "$1" -ginkgo.no-color -ginkgo.timeout 3h \
    ${focus:+-ginkgo.focus "$focus"} -ginkgo.skip "benchmark${skip:+|$skip}" -ginkgo.v \
    -ginkgo.junit-report "$results/critest-$1.xml" >"$results/critest-$1.log" 2>&1 || status=$?
remove_all_pods
nothing_left >"$results/critest-$1-leftovers" 2>&1 || cat "$results/critest-$1-leftovers"
journalctl -q -u gantry --no-pager -o short-iso-precise >"$results/critest-$1-gantry.log" 2>&1
exit $status
