#!/usr/bin/env bash
# Gives every fuzz target some seconds and prints a table: target, seconds, executions, findings.
#
#   fuzz/run.sh SECONDS [TARGET...]
#
# Needs cargo-fuzz. What a run finds to be new goes into a folder of its own, so that `corpus/` stays small; findings are
# left in `fuzz/artifacts/TARGET/`. The exit status is 1 if there is any.
set -euo pipefail

seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET...]}
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then
  mapfile -t targets < <(cargo fuzz list)
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/gemwatch-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT
cargo fuzz build --sanitizer none >&2

# There is no folder before the first.
findings() { { find "fuzz/artifacts/$1" -type f 2>/dev/null || true; } | wc -l; }

failed=0
printf '| target | seconds | executions | findings |\n| --- | ---: | ---: | ---: |\n'
for target in "${targets[@]}"; do
  mkdir -p "$work/$target" "fuzz/corpus/$target"
  before=$(findings "$target")
  began=$SECONDS
  # New inputs go into the first folder.
  cargo fuzz run --sanitizer none "$target" "$work/$target" "fuzz/corpus/$target" -- \
    "-max_total_time=$seconds" -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 >"$work/$target.log" 2>&1 || true
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
  found=$(($(findings "$target") - before))
  printf '| %s | %s | %s | %s |\n' "$target" "$((SECONDS - began))" "${executions:-none}" "$found"
  if [[ $found != 0 || -z $executions ]]; then
    failed=1
    tail -n 30 "$work/$target.log" >&2
  fi
done
exit "$failed"
