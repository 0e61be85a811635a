#!/usr/bin/env bash
# Says which beds nobody watches any more: those whose heartbeats have stopped.
#
#   kcat -b BROKERS -t ecg.heartbeats -C -o end -q -u -f '%k\n' | docs/watch-heartbeats.sh [SECONDS]
#
# In: stream ids on standard input, one a line, each a heartbeat. Out: a line for each bed of which nothing was heard for SECONDS
# (10 by default), once until it is heard again. Ends with its input. It knows the beds that it has heard. Needs bash 5.
set -euo pipefail
patience_s=${1:-10}
declare -A heard

while true; do
  status=0
  IFS= read -r -t 1 bed || status=$?
  if ((status == 0)); then
    heard[$bed]=$EPOCHSECONDS
  elif ((status <= 128)); then
    break # The input has ended; a status above 128 is only a second without a line.
  fi
  for bed in "${!heard[@]}"; do
    if ((EPOCHSECONDS - heard[$bed] > patience_s)); then
      echo "nobody watches $bed"
      unset "heard[$bed]"
    fi
  done
done
