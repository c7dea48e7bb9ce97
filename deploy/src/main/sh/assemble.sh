#!/usr/bin/env bash
# Lays out the program tree that packages install, and packs it: TARGET/gantry and TARGET/gantry-VERSION.tar.gz. Two builds of
# one commit with one JDK and one gcc give the same bytes in that archive. The AOT cache, which is recorded from a daemon at work
# and never twice the same, is in one beside it, gantry-VERSION-aot.tar.gz, to be unpacked over the first.
# The Java runtime is cut down with jlink and kept while neither the JDK nor the list of modules has changed. The AOT cache
# is trained with the daemon itself, which needs root; without root the tree has none and starts more slowly.
set -euo pipefail
target=$1 sources=$2 pause=$3 java_home=$4 version=$5 timestamp=$6
tree=$target/gantry

modules=java.base,java.logging,java.management,java.naming,java.security.jgss,java.xml,jdk.net,jdk.unsupported

link_runtime() {
  local stamp=$target/runtime.stamp want
  want="$(cat "$java_home/release") $modules"
  if [[ -x $target/runtime/bin/java && -f $stamp && $(cat "$stamp") == "$want" ]]; then
    return
  fi
  rm -rf "$target/runtime" "$stamp"
  # Debian puts debug files beside the libraries, ten times as large as everything else.
  "$java_home/bin/jlink" --add-modules "$modules" --exclude-files '**.debuginfo' --no-header-files --no-man-pages \
    --strip-debug --compress zip-6 --output "$target/runtime"
  if [[ -d $java_home/libc ]]; then
    bring_libc
  fi
  printf '%s' "$want" >"$stamp"
}

# A JDK that brings a C library newer than this machine's (./dev fetches one on Debian 12): so does what is linked from it.
bring_libc() {
  local program
  cp -a "$java_home/libc" "$target/runtime/libc"
  mv "$target/runtime/bin" "$target/runtime/elf"
  mkdir "$target/runtime/bin"
  cp -p "$java_home"/bin/ld-linux-* "$target/runtime/bin/"
  for program in "$target"/runtime/elf/*; do
    install -m 0755 "$sources/sh/with-own-libc" "$target/runtime/bin/${program##*/}"
  done
  mv "$target/runtime/lib/jspawnhelper" "$target/runtime/elf/"
  install -m 0755 "$sources/sh/with-own-libc" "$target/runtime/lib/jspawnhelper"
}

# Native parts of the jars are unpacked here once, so that no start has to do it into a temporary directory.
unpack_natives() {
  local arch jna netty
  case $(uname -m) in
    x86_64) arch=x86-64 netty=x86_64 ;;
    aarch64) arch=aarch64 netty=aarch_64 ;;
    *) echo "no native parts for $(uname -m)" >&2; exit 1 ;;
  esac
  jna=$(echo "$tree"/lib/jna-*.jar)
  unzip -q -o -j "$jna" "com/sun/jna/linux-$arch/libjnidispatch.so" -d "$tree/native"
  for jar in "$tree"/lib/netty-transport-native-epoll-*-linux-$netty.jar; do
    unzip -q -o -j "$jar" "META-INF/native/libnetty_transport_native_epoll_$netty.so" -d "$tree/native"
  done
}

build_tree() {
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,lib,native,share}
  cp -p "$target"/jars/*.jar "$tree/lib/"
  cp -a "$target/runtime" "$tree/runtime"
  install -m 0755 "$sources/bin/gantry" "$tree/bin/gantry"
  install -m 0755 "$pause" "$tree/bin/gantry-pause"
  cp -r "$sources"/{systemd,apparmor,cni,crictl,kubelet,kind} "$tree/share/"
  # The class path is fixed at build: the AOT cache is valid only for the very same list.
  (cd "$tree/lib" && printf '%s\n' *.jar | LC_ALL=C sort) >"$tree/lib/classpath"
  # Equal times in equal builds, and jars that are older than the cache made from them.
  find "$tree" -exec touch -h -d "$timestamp" {} +
}

default_config() {
  mkdir -p "$tree/share/config"
  "$tree/bin/gantry" config default >"$tree/share/config/gantry.toml"
}

train() {
  if [[ -n ${GANTRY_NO_AOT:-} ]]; then
    echo "no AOT cache: GANTRY_NO_AOT is set" >&2
    return
  fi
  if [[ $(id -u) != 0 ]]; then
    echo "no AOT cache: training it needs root" >&2
    return
  fi
  bash "$sources/sh/train.sh" "$tree" "$java_home/bin/java" "$sources/training/AotTraining.java" ||
    echo "no AOT cache: the training run failed" >&2
}

pack() {
  local archive=$target/gantry-$version.tar.gz cache=$target/gantry-$version-aot.tar.gz
  local options=(--sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime="$timestamp" --mode=u+rw,go+r,go-w,a+X
    -C "$target")
  rm -f "$cache"
  tar "${options[@]}" --exclude=gantry/lib/gantry.aot -c gantry | gzip -n >"$archive"
  if [[ -f $tree/lib/gantry.aot ]]; then
    tar "${options[@]}" -c gantry/lib/gantry.aot | gzip -1n >"$cache"
  fi
}

link_runtime
build_tree
unpack_natives
default_config
train
pack
