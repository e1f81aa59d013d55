#!/bin/sh
# Makes start.json from start.c. Needs gcc for both architectures (Debian: gcc, gcc-aarch64-linux-gnu).
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/flat.ld" <<'LD'
SECTIONS {
  . = 0;
  .all : { *(.start) *(.text*) *(.rodata*) . = ALIGN(16); }
  config = .;
  /DISCARD/ : { *(*) }
}
LD
bytes() {
  "$1gcc" -Os -ffreestanding -fPIE -fno-stack-protector -fno-asynchronous-unwind-tables -fomit-frame-pointer \
    -nostdlib -static -Wl,--build-id=none -Wl,-T,"$work/flat.ld" $2 -o "$work/$1elf" start.c
  "$1objcopy" -O binary -j .all "$work/$1elf" "$work/$1bin"
  base64 -w0 "$work/$1bin"
}
printf '{\n  "x64": "%s",\n  "arm64": "%s"\n}\n' "$(bytes x86_64-linux-gnu- '-fcf-protection=none')" "$(bytes aarch64-linux-gnu- '-mno-outline-atomics')" >start.json
