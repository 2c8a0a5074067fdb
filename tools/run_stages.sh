#!/usr/bin/env bash
# Runs make targets one after the other and stops at the first that fails; ends with a table of what
# ran and with ctest's closing line of the first stage that runs all tests: tools/run_stages.sh check test-release
set -uo pipefail
logs=build/logs
mkdir -p "$logs"
table=""

closing() { # ctest's closing line in a stage's log, or "ok" where no ctest ran
  grep -E '^[0-9]+% tests passed, ' "$logs/$1.log" | tail -n 1 || true
}

for stage in "$@"; do
  purpose=$(sed -n "s/^$stage:.*## //p" Makefile)
  echo "== make $stage: $purpose"
  started=$SECONDS
  make --no-print-directory "$stage" 2>&1 </dev/null | tee "$logs/$stage.log"
  status=${PIPESTATUS[0]}
  if [ "$status" -ne 0 ]; then
    echo "== make $stage failed; its output is in $logs/$stage.log" >&2
    exit "$status"
  fi
  result=$(closing "$stage")
  table+=$(printf '%-14s %5d s  %s' "$stage" $((SECONDS - started)) "${result:-ok}")$'\n'
done

echo "== all stages passed"
printf '%s' "$table"
for stage in "$@"; do
  result=$(closing "$stage")
  if [ -n "$result" ]; then
    echo "$result"
    break
  fi
done
