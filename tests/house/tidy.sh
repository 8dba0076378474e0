#!/usr/bin/env bash
# clang-tidy 19 over every source of src/ and examples/, or over the files given.
#
#   tidy.sh ROOT BUILD [FILE...]     BUILD holds compile_commands.json
set -euo pipefail
root=$1 build=$2
shift 2
cd "$root"
files=("$@")
[ ${#files[@]} = 0 ] && mapfile -t files < <(find src examples -name '*.cpp' | sort)
# Warnings are GCC's matter, which builds with all of them as errors; Clang's own would come twice, but for the one that
# tells reserved names at a tenth of what clang-tidy's check of them takes.
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-everything --extra-arg=-Wreserved-identifier --extra-arg=-Wreserved-macro-identifier
echo "tidy: ${#files[@]} files without a finding"
