#!/bin/sh
# Builds the pause program: build.sh OUTPUT. CC names another compiler, for example aarch64-linux-gnu-gcc.
set -eu

output=${1:?usage: build.sh OUTPUT}
here=$(dirname "$0")
compiler=${CC:-gcc}

if ! command -v "$compiler" >/dev/null 2>&1; then
    echo "build gantry-pause: no $compiler in PATH; install gcc and the kernel headers (Debian, Ubuntu: gcc libc6-dev; Fedora: gcc kernel-headers)" >&2
    exit 1
fi
mkdir -p "$(dirname "$output")"

# No C library, no position independence, no build id and one segment for code and constants: the program that waits is a
# few KiB on disk and a few pages in memory, and the same sources give the same bytes.
exec "$compiler" -std=gnu17 -Os -o "$output" \
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
    -Wformat=2 -Wwrite-strings -Wpointer-arith -Wcast-qual -Wimplicit-fallthrough -Werror \
    -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns -fno-pic -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -ffunction-sections -fdata-sections \
    -fcf-protection=none -static -no-pie -nostdlib -nostartfiles \
    -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,noexecstack -Wl,--fatal-warnings -s \
    "$here"/*.c
