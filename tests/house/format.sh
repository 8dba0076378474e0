#!/usr/bin/env bash
# Every C++ file as clang-format 19 writes it. `format.sh ROOT --fix` mends what is not.
set -euo pipefail
cd "$1"
mode=(--dry-run --Werror)
[ "${2:-}" = --fix ] && mode=(-i)
find src include tests bench examples \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 clang-format-19 "${mode[@]}"
echo "format: all files as .clang-format says"
