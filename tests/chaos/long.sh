#!/usr/bin/env bash
# 200 runs of every kind of fault, or as many as the first argument says; the second is the first seed. Takes about two hours
# on two cores.
# Every difference from the undisturbed alerts fails it. One JSON line a run goes to chaos.jsonl, or the file named by GEMWATCH_CHAOS_REPORT.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export GEMWATCH_CHAOS_RUNS=${1:-200} GEMWATCH_CHAOS_SEED=${2:-1}
export GEMWATCH_CHAOS_REPORT=${GEMWATCH_CHAOS_REPORT:-$PWD/chaos.jsonl}
cargo test --release --locked --test chaos -- --nocapture no_fault_costs_an_alarm
