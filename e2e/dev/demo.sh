# ./dev run and ./dev stop: one private Gantry with a first pod; sourced by ./dev.

# Another name (at most 12 characters) gives another demo beside the first: a test uses that.
readonly demo_name=${GANTRY_DEV_NAME:-gantry-dev}
readonly demo=/run/$demo_name
readonly demo_bridge=${demo_name//-/}0
readonly demo_network=$demo_name
readonly demo_cgroup=$demo_name
readonly demo_host=images.gantry.internal

dev_run() {
    [ $# -eq 0 ] || die "run ./dev run $*: it takes no arguments" "./dev help run"
    demo_root=${GANTRY_DEV_ROOT:-/var/lib/$demo_name}
    need_host run "$demo_root"
    exclusively "$demo_name" "./dev run"
    need_build_tools "$run_packages"
    local before
    before=$(built_at)
    build_program
    [ "$(built_at)" = "$before" ] || demo_rebuilt=yes
    need_tools cri-tools
    need_images

    demo_configure
    demo_start_registry
    demo_start_daemon
    demo_first_pod
    demo_what_next
}

# demo_subnet: prints the first /24 that no route of this machine meets.
demo_subnet() {
    local part subnet met
    for part in 10.88.77 10.88.78 10.211.77 172.30.77 192.168.177; do
        subnet=$part.0/24
        met=$(ip -4 route show table all root "$subnet"; ip -4 route show table all match "$subnet")
        if ! grep -v -e '^default' -e " dev $demo_bridge " <<<"$met" | grep -q .; then
            printf '%s\n' "$part"
            return
        fi
        note "the subnet $subnet is taken by a route of this machine; trying the next" >&2
    done
    die "choose a subnet for the bridge $demo_bridge: each of the five candidates meets a route of this machine" \
        "look at ip -4 route"
}

demo_configure() {
    local part
    mkdir -p "$demo"/{cni,certs.d/$demo_host,logs,pods,state,registry} "$demo_root"
    printf '%s\n' "$demo_root" >"$demo/root"
    if [ ! -f "$demo/cni/10-$demo_network.conflist" ]; then
        part=$(demo_subnet)
        cat >"$demo/cni/10-$demo_network.conflist" <<JSON
{
  "cniVersion": "1.0.0",
  "name": "$demo_network",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "$demo_bridge",
      "isGateway": true,
      "ipMasq": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "dataDir": "$demo/ipam",
        "ranges": [[{ "subnet": "$part.0/24" }]],
        "routes": [{ "dst": "0.0.0.0/0" }]
      }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
JSON
        if ! hostport_chains_exist; then
            : >"$demo/no-hostport-chains-before"
        fi
    fi
    cat >"$demo/gantry.toml" <<TOML
# Written by ./dev run; ./dev stop removes it.
root  = "$demo_root"
state = "$demo/state"
[api]
socket = "$demo/gantry.sock"
[network]
conf_dir = "$demo/cni"
bin_dirs = ["/opt/cni/bin", "/usr/lib/cni"]
[images]
registry_dir = "$demo/certs.d"
[nri]
enable = false
[runtime]
cgroup_driver = "cgroupfs"
TOML
    cat >"$demo/crictl.yaml" <<YAML
runtime-endpoint: unix://$demo/gantry.sock
image-endpoint: unix://$demo/gantry.sock
timeout: 60
YAML
    cat >"$demo/crictl" <<SH
#!/bin/sh
exec $(tool crictl) --config $demo/crictl.yaml "\$@"
SH
    chmod +x "$demo/crictl"
}

# alive NAME: whether the process that this demo started under the name still runs (its start time is checked too).
alive() {
    local pid start
    [ -s "$demo/$1.process" ] || return 1
    read -r pid start <"$demo/$1.process"
    [ -r "/proc/$pid/stat" ] && [ "$(start_time "$pid")" = "$start" ]
}

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

remember() { printf '%s %s\n' "$2" "$(start_time "$2")" >"$demo/$1.process"; }

# end_process NAME SECONDS: SIGTERM, and SIGKILL when it is still there after the time.
end_process() {
    local pid start tries=0
    alive "$1" || return 0
    read -r pid start <"$demo/$1.process"
    kill "$pid" 2>/dev/null || true
    while alive "$1"; do
        tries=$((tries + 1))
        if [ $tries -gt $(($2 * 10)) ]; then
            note "$1 (process $pid) did not end on SIGTERM in $2 s; killing it"
            kill -9 "$pid" 2>/dev/null || true
            sleep 0.2
            break
        fi
        sleep 0.1
    done
    rm -f "$demo/$1.process"
}

demo_start_registry() {
    if ! alive registry; then
        say "starting the registry for the demo image"
        start_registry "$demo/registry"
        remember registry "$(cat "$demo/registry/pid")"
    fi
    cat >"$demo/certs.d/$demo_host/hosts.toml" <<TOML
[host."http://$(cat "$demo/registry/address")"]
capabilities = ["pull", "resolve"]
TOML
}

demo_start_daemon() {
    if alive daemon; then
        if [ -z "${demo_rebuilt:-}" ] && "$demo/crictl" version >/dev/null 2>&1; then
            say "Gantry is running already (process $(cut -d ' ' -f 1 "$demo/daemon.process"))"
            return
        fi
        say "restarting Gantry; running pods stay"
        end_process daemon 20
    else
        say "starting Gantry (log: $demo/gantry.log)"
    fi
    local pid tries=0
    setsid "$GANTRY_HOME/$program" serve --config "$demo/gantry.toml" >>"$demo/gantry.log" 2>&1 </dev/null 9>&- &
    pid=$!
    remember daemon "$pid"
    until "$demo/crictl" version >/dev/null 2>&1; do
        tries=$((tries + 1))
        if ! alive daemon || [ $tries -gt 200 ]; then
            tail -n 20 "$demo/gantry.log" >&2
            die "start Gantry: it does not answer on $demo/gantry.sock" \
                "the lines above are its log; $program check says what this machine lacks"
        fi
        sleep 0.1
    done
    "$demo/crictl" version | sed 's/^/    /'
}

# remove_pods SELECTOR...: stops and removes the pods that crictl pods lists for the selector.
remove_pods() {
    local pod
    for pod in $("$demo/crictl" pods -q "$@"); do
        "$demo/crictl" stopp "$pod" >/dev/null
        "$demo/crictl" rmp -f "$pod" >/dev/null
    done
}

demo_first_pod() {
    local image=$demo_host/gantry/hello:1 pod container tries=0
    remove_pods --name '^hello$'
    rm -rf "$demo/logs/hello"
    mkdir -p "$demo/logs/hello"
    cat >"$demo/pods/pod.json" <<JSON
{
  "metadata": { "name": "hello", "namespace": "default", "uid": "gantry-dev-hello", "attempt": 0 },
  "hostname": "hello",
  "log_directory": "$demo/logs/hello",
  "linux": { "cgroup_parent": "/$demo_cgroup" }
}
JSON
    cat >"$demo/pods/container.json" <<JSON
{
  "metadata": { "name": "hello", "attempt": 0 },
  "labels": {
    "io.kubernetes.container.name": "hello",
    "io.kubernetes.pod.name": "hello",
    "io.kubernetes.pod.namespace": "default"
  },
  "image": { "image": "$image" },
  "log_path": "hello.log",
  "linux": {}
}
JSON
    say "pulling $image"
    "$demo/crictl" pull "$image" | sed 's/^/    /'
    say "running a pod"
    pod=$("$demo/crictl" runp "$demo/pods/pod.json")
    container=$("$demo/crictl" create "$pod" "$demo/pods/container.json" "$demo/pods/pod.json")
    "$demo/crictl" start "$container" >/dev/null
    "$demo/crictl" ps | sed 's/^/    /'
    until [ -n "$("$demo/crictl" logs "$container" 2>/dev/null)" ] || [ $tries -gt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    say "its log (crictl logs)"
    "$demo/crictl" logs "$container" 2>&1 | sed 's/^/    /'
    say "a command inside it (crictl exec --sync ... ip addr show eth0)"
    "$demo/crictl" exec --sync "$container" ip addr show eth0 | sed -e '/^$/d' -e 's/^/    /'
}

demo_what_next() {
    cat <<TEXT

Gantry runs your first pod. Try next:
  sudo $demo/crictl pods                 the pods
  sudo $demo/crictl ps -a                the containers
  sudo $demo/crictl inspectp \$(sudo $demo/crictl pods -q --name hello)
                                         everything about the pod
  sudo $demo/crictl exec --sync \$(sudo $demo/crictl ps -q --name hello) ps
                                         a command in the container
  sudo tail -f $demo/gantry.log          what Gantry says
  $program --help
                                         the program's own commands
  sudo ./dev stop                        end it and remove all of it
TEXT
}

dev_stop() {
    [ $# -eq 0 ] || die "run ./dev stop $*: it takes no arguments" "./dev help stop"
    need_root stop
    exclusively "$demo_name" "./dev stop"
    if [ ! -d "$demo" ]; then
        say "nothing to stop: ./dev run has started nothing on this machine"
        demo_root=${GANTRY_DEV_ROOT:-/var/lib/$demo_name}
        demo_report_leftovers
        return
    fi
    demo_root=$(cat "$demo/root" 2>/dev/null || printf %s "${GANTRY_DEV_ROOT:-/var/lib/$demo_name}")
    if alive daemon || demo_revive; then
        say "stopping the pods"
        remove_pods || note "a pod could not be stopped; what it leaves is removed below"
    fi
    say "stopping Gantry and the registry"
    end_process daemon 20
    end_process registry 5
    demo_sweep
    say "removing $demo and $demo_root"
    rm -rf "$demo" "$demo_root"
    demo_report_leftovers
}

# demo_revive: starts the daemon again when it died with pods running, since only it knows how to end them well.
demo_revive() {
    [ -x "$demo/crictl" ] && [ -x "$program" ] && find_jdk || return 1
    note "Gantry is not running; starting it to end its pods"
    (demo_start_daemon) >/dev/null 2>&1
}

# demo_processes: pids of what belongs to the demo: in its cgroup, or a program of a runtime that names its directories
# (so not a user's pager on its log).
demo_processes() {
    local proc name
    for proc in /proc/[0-9]*; do
        if grep -q ":/$demo_cgroup\(/\|\$\)" "$proc/cgroup" 2>/dev/null; then
            printf '%s\n' "${proc#/proc/}"
            continue
        fi
        name=$(tr '\0' '\n' 2>/dev/null <"$proc/cmdline" | head -n 1) || continue
        case ${name##*/} in
            conmon | crun | docker-registry | gantry-pause | java | ld-linux-* | runc) ;;
            *) continue ;;
        esac
        if tr '\0' '\n' 2>/dev/null <"$proc/cmdline" | grep -q -e "$demo/" -e "$demo_root/"; then
            printf '%s\n' "${proc#/proc/}"
        fi
    done
}

demo_mounts() { awk -v a="$demo/" -v b="$demo_root/" 'index($5, a) == 1 || index($5, b) == 1 { print $5 }' /proc/self/mountinfo; }

demo_cgroups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 3 -type d -name "$demo_cgroup" 2>/dev/null; }

demo_rules() {
    local command
    for command in iptables ip6tables; do
        if have $command; then
            $command -w -t nat -S 2>/dev/null | grep -e "name: \\\\\"$demo_network\\\\\"" -e "name: \"$demo_network\"" || true
        fi
    done
}

# demo_sweep: removes by force what the daemon left, naming each thing: there should be none.
demo_sweep() {
    local item
    for item in $(demo_processes); do
        note "left by Gantry: process $item ($(tr '\0' ' ' <"/proc/$item/cmdline" 2>/dev/null | cut -c1-100))"
        kill -9 "$item" 2>/dev/null || true
    done
    for item in $(demo_mounts | sort -r); do
        note "left by Gantry: mount $item"
        umount -l "$item" 2>/dev/null || true
    done
    # The cgroup that the pod's configuration names and the bridge that the plugin made belong to the caller of CRI.
    for item in $(demo_cgroups); do
        find "$item" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    if ip link show "$demo_bridge" >/dev/null 2>&1; then
        for item in $(ip -o link show master "$demo_bridge" | cut -d : -f 2 | cut -d @ -f 1); do
            note "left by Gantry: network interface $item"
        done
        ip link delete "$demo_bridge"
    fi
    demo_sweep_rules
}

demo_sweep_rules() {
    local rule chain
    demo_rules | while IFS= read -r rule; do
        note "left by Gantry: iptables rule $rule"
        # The rule is printed as the shell words of an iptables command.
        eval "iptables -w -t nat ${rule/#-A/-D}" || true
    done
    if [ -f "$demo/no-hostport-chains-before" ]; then
        sweep_hostport_chains
    fi
}

demo_report_leftovers() {
    local left=() item
    for item in $(demo_processes); do left+=("process $item"); done
    for item in $(demo_mounts); do left+=("mount $item"); done
    for item in $(demo_cgroups); do left+=("cgroup $item"); done
    [ ! -e "/sys/class/net/$demo_bridge" ] || left+=("bridge $demo_bridge")
    while IFS= read -r item; do
        [ -z "$item" ] || left+=("iptables rule $item")
    done <<<"$(demo_rules)"
    for item in "$demo" "$demo_root"; do
        [ ! -e "$item" ] || left+=("directory $item")
    done
    if [ ${#left[@]} -gt 0 ]; then
        printf '    left: %s\n' "${left[@]}" >&2
        die "remove everything that ./dev run made: ${#left[@]} things are left (see above)" "remove them by hand and report it"
    fi
    say "nothing is left: no mount, namespace, process, cgroup, bridge or iptables rule"
}
