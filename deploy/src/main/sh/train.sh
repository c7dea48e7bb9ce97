#!/usr/bin/env bash
# Records an AOT cache: runs the daemon of the tree on directories of its own, lets AotTraining call it, and stops it. All of
# it happens in network and mount namespaces of its own, so that bridges, rules and mounts go with them.
set -euo pipefail
tree=$1 java=$2 training=$3
if [[ ${4:-} != inside ]] && unshare --net --mount true 2>/dev/null; then
  exec unshare --net --mount --propagation private bash "$0" "$tree" "$java" "$training" inside
fi
work=$(mktemp -d)
daemon=
cleanup() {
  if [[ -n $daemon ]]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  rm -rf "$work"
  # What the pods' cgroups were below: empty by now, and never another's.
  find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "gantry-training-${trainer:-none}" -exec rmdir {} + 2>/dev/null || true
}
trap cleanup EXIT

mkdir -p "$work"/{root,state,cni,registry,logs}
cat >"$work/gantry.toml" <<TOML
root = "$work/root"
state = "$work/state"
[api]
socket = "$work/gantry.sock"
[network]
conf_dir = "$work/cni"
[images]
registry_dir = "$work/registry"
[nri]
socket = "$work/nri.sock"
plugin_dir = "$work/nri"
config_dir = "$work/nri"
TOML
rounds=1
if [[ ${4:-} == inside ]]; then
  # Pods only here: their network must not be this machine's.
  rounds=12
  ip link set lo up
  cat >"$work/cni/10-training.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "training", "plugins": [
  {"type": "bridge", "bridge": "training0", "isGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local", "dataDir": "$work/ipam", "ranges": [[{"subnet": "10.88.99.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
fi

GANTRY_AOT_RECORD=$work/gantry.aot "$tree/bin/gantry" serve --config "$work/gantry.toml" >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 100); do
  [[ -S $work/gantry.sock ]] && break
  if ! kill -0 "$daemon" 2>/dev/null; then
    cat "$work/log" >&2
    exit 1
  fi
  sleep 0.2
done
"$java" -cp "$tree/lib/*" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  "$training" "$work/gantry.sock" "$work" "$tree/bin/gantry-pause" "$rounds" &
trainer=$!
wait "$trainer" || echo "the training was cut short" >&2
kill -TERM "$daemon"
wait "$daemon" || true
daemon=
if [[ ! -s $work/gantry.aot ]]; then
  tail -5 "$work/log" >&2
  exit 1
fi
mv "$work/gantry.aot" "$tree/lib/gantry.aot"
