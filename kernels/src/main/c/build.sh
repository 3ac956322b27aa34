#!/bin/sh
# Compiles the native kernels: build.sh WORK_FOLDER OUTPUT_FOLDER. Without a C compiler there is nothing to do: the portable kernels serve.
# CC names another compiler; AARCH64_CC a cross compiler for aarch64 (found by its usual name if installed).
set -eu

work=$1
output=$2
here=$(cd "$(dirname "$0")" && pwd)

flags="-std=gnu11 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math
  -Wall -Wextra -Wno-psabi -ffile-prefix-map=$here=."

# compile COMPILER TARGET FILE FLAGS...
compile() {
  compiler=$1 target=$2 file=$3
  shift 3
  # shellcheck disable=SC2086
  "$compiler" $flags "$@" -c "$here/$file.c" -o "$work/$target/$file.o"
}

# link COMPILER TARGET
link() {
  "$1" -shared -Wl,--build-id=none -Wl,-z,noexecstack -s -o "$output/$2/libgorgon.so" "$work/$2"/*.o -lm
}

build_x86_64() {
  compile "$1" linux-x86_64 library || return 1
  compile "$1" linux-x86_64 avx2 -mavx2 -mfma -mf16c || return 1
  compile "$1" linux-x86_64 avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma -mf16c || return 1
  compile "$1" linux-x86_64 avx512_vnni -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mavx512bf16 -mfma -mf16c || return 1
  link "$1" linux-x86_64 || return 1
}

build_aarch64() {
  compile "$1" linux-aarch64 library || return 1
  compile "$1" linux-aarch64 neon -march=armv8.2-a+dotprod || return 1
  link "$1" linux-aarch64 || return 1
}

# attempt COMPILER ARCHITECTURE
attempt() {
  stamp=$({ cat "$here"/*.c "$here"/*.h "$here"/build.sh; "$1" --version; } | cksum)
  if [ -f "$output/linux-$2/libgorgon.so" ] && [ "$(cat "$work/linux-$2.stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "native kernels for linux-$2: up to date"
    return
  fi
  rm -rf "$work/linux-$2"
  mkdir -p "$work/linux-$2" "$output/linux-$2"
  if "build_$2" "$1"; then
    echo "$stamp" > "$work/linux-$2.stamp"
    echo "native kernels for linux-$2: built with $1"
  else
    rm -rf "$output/linux-$2"
    echo "native kernels for linux-$2: $1 failed (see above); the portable kernels will serve there"
  fi
}

if [ "$(uname -s)" != Linux ]; then
  echo "native kernels: not built on $(uname -s); the portable kernels will serve"
  exit 0
fi
cc=${CC:-cc}
if ! command -v "$cc" >/dev/null 2>&1; then
  echo "native kernels: skipped, there is no C compiler ($cc); the portable kernels will serve"
  exit 0
fi
case $(uname -m) in
  x86_64) attempt "$cc" x86_64 ;;
  aarch64) attempt "$cc" aarch64 ;;
  *) echo "native kernels: none for $(uname -m); the portable kernels will serve" ;;
esac
cross=${AARCH64_CC:-aarch64-linux-gnu-gcc}
if [ "$(uname -m)" != aarch64 ] && command -v "$cross" >/dev/null 2>&1; then
  attempt "$cross" aarch64
fi
