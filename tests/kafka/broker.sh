#!/usr/bin/env bash
# A real Apache Kafka broker (KRaft, one node, loopback only) for as long as somebody holds its standard input open.
#
#   broker.sh fetch   brings the broker's jars through Maven into the cache, if they are not there, and says where they are
#   broker.sh run     the same, then starts a broker, prints `bootstrap=127.0.0.1:PORT`, and stops it and removes
#                     its data when standard input ends. In a terminal: Ctrl-D.
#
# Needs bash, Java 17 or later and Maven. The cache is $GEMWATCH_KAFKA_CACHE, by default
# ${XDG_CACHE_HOME:-$HOME/.cache}/gemwatch/kafka.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$here/pom.xml")
cache=${GEMWATCH_KAFKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gemwatch/kafka}
jars=$cache/$version
start_seconds=60

say() { echo "broker.sh: $*" >&2; }

fetch() {
  [[ -d $jars ]] && return
  mkdir -p "$cache"
  local unfinished
  unfinished=$(mktemp -d "$cache/unfinished.XXXXXX")
  if ! mvn --batch-mode --quiet --file "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$unfinished" >&2; then
    rm -rf "$unfinished"
    say "Maven could not bring Kafka $version"
    return 1
  fi
  # Another process may have been faster: then its jars are as good.
  mv -T "$unfinished" "$jars" 2>/dev/null || rm -rf "$unfinished"
}

# Does something listen on this port?
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    listens "$port" || { echo "$port"; return; }
  done
  say "no free port found"
  return 1
}

# Does a Kafka broker answer on this port? Sends an ApiVersions request (key 18, version 0, no client id) and expects
# the length and the correlation id of an answer.
answers() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x07\xff\xff' >&3
    [[ $(timeout 5 head -c 8 <&3 | tail -c 4 | od -An -tx1 | tr -d ' \n') == 00000007 ]]
  ) 2>/dev/null
}

# Nobody needs what it has stored, so it need not be asked politely.
stop() {
  if [[ -n $broker ]]; then
    { kill -KILL "$broker" && wait "$broker"; } 2>/dev/null || true
  fi
  rm -rf "$data"
}

run() {
  fetch
  data=$(mktemp -d "${TMPDIR:-/tmp}/gemwatch-kafka.XXXXXX")
  broker=
  trap 'stop' EXIT
  trap 'exit 1' INT TERM HUP

  local port controller_port
  port=$(free_port)
  controller_port=$(free_port)
  while [[ $controller_port == "$port" ]]; do controller_port=$(free_port); done
  cat >"$data/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller_port
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
log.dirs=$data/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES

  # Started often and for a short time: compile little, collect simply.
  local java=(java -Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto
    "-Dlog4j2.configurationFile=$here/log4j2.properties" "-Dkafka.logs.dir=$data" -cp "$jars/*")
  local cluster_id
  # Without - and _: an id that begins with - would be taken for an option.
  cluster_id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
  if ! "${java[@]}" kafka.tools.StorageTool format --standalone --cluster-id "$cluster_id" \
    --config "$data/server.properties" >"$data/format.out" 2>&1; then
    say "the storage directory could not be formatted:"
    cat "$data/format.out" >&2
    return 1
  fi
  "${java[@]}" kafka.Kafka "$data/server.properties" >"$data/broker.out" 2>&1 </dev/null &
  broker=$!

  local deadline=$((SECONDS + start_seconds))
  until answers "$port"; do
    if ! kill -0 "$broker" 2>/dev/null || ((SECONDS > deadline)); then
      say "the broker did not start within $start_seconds s:"
      tail -n 40 "$data/broker.out" >&2
      return 1
    fi
    sleep 0.1
  done
  echo "bootstrap=127.0.0.1:$port"

  # Until whoever started this ends, or lets go.
  cat >/dev/null
}

case ${1:-} in
  fetch)
    fetch
    echo "$jars"
    ;;
  run) run ;;
  *)
    say "usage: broker.sh fetch|run"
    exit 2
    ;;
esac
