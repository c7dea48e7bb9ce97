#!/usr/bin/env bash
# Records an AOT cache: runs the daemon of the tree on directories of its own, calls it, and stops it.
set -euo pipefail
tree=$1
work=$(mktemp -d)
daemon=
cleanup() {
  if [[ -n $daemon ]]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$work"/{root,state,cni,registry}
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
for command in "pods" "image list" "version"; do
  # shellcheck disable=SC2086
  "$tree/bin/gantry" $command --socket "$work/gantry.sock" >/dev/null 2>>"$work/log" || true
done
kill -TERM "$daemon"
wait "$daemon" || true
daemon=
if [[ ! -s $work/gantry.aot ]]; then
  tail -5 "$work/log" >&2
  exit 1
fi
mv "$work/gantry.aot" "$tree/lib/gantry.aot"
