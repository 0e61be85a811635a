#!/usr/bin/env bash
# A real Apache Kafka broker (KRaft, one node, loopback only) for as long as somebody holds its standard input open.
#
#   broker.sh fetch   brings the broker's jars through Maven into the cache, if they are not there, and says where they are
#   broker.sh run     the same, then starts a broker, prints `bootstrap=127.0.0.1:PORT`, and stops it and removes
#                     its data when standard input ends. In a terminal: Ctrl-D.
#   broker.sh secure  as run, with two more listeners and rights by access lists: SASL_SSL with the users gemwatch and
#                     stranger (SCRAM-SHA-512), and SSL with client certificates. Certificates and passwords are made
#                     anew; where everything is stands in further lines NAME=VALUE, of which bootstrap is the last.
#                     Who comes without encryption may do everything, nobody else may do anything before a list says so.
#
# Needs bash, Java 17 or later and Maven, and openssl for secure. The cache is $GEMWATCH_KAFKA_CACHE, by default
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

# A certificate for $1 with the subject CN=$2, signed by our authority; $3 is the extension it needs.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
    -keyout "$tls/$1.key" -out "$tls/$1.csr" 2>>"$tls/openssl.out"
  openssl x509 -req -in "$tls/$1.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo "$3") -out "$tls/$1.pem" 2>>"$tls/openssl.out"
}

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -days 2 \
    -keyout "$tls/$1.key" -out "$tls/$1.pem" 2>>"$tls/openssl.out"
}

# Makes what a secured broker and its clients need, and adds the listeners to its properties.
secure() {
  tls=$data/tls
  mkdir "$tls"
  authority ca
  authority other-ca
  certificate server localhost "subjectAltName=IP:127.0.0.1,DNS:localhost"
  certificate client gemwatch "extendedKeyUsage=clientAuth"
  cat "$tls/server.key" "$tls/server.pem" >"$tls/server-store.pem"
  key_password=$(openssl rand -hex 12)
  key_password=$key_password openssl pkcs8 -topk8 -v2 aes-256-cbc -in "$tls/client.key" -passout env:key_password \
    -out "$tls/client-locked.key"
  password=$(openssl rand -hex 12)
  stranger_password=$(openssl rand -hex 12)
  users=(--add-scram "SCRAM-SHA-512=[name=gemwatch,password=$password]"
    --add-scram "SCRAM-SHA-512=[name=stranger,password=$stranger_password]")
  sasl_ssl_port=$(free_port)
  ssl_port=$(free_port)
  while [[ $ssl_port == "$sasl_ssl_port" ]]; do ssl_port=$(free_port); done
  local more="SASL_SSL://127.0.0.1:$sasl_ssl_port,SSL://127.0.0.1:$ssl_port"
  sed -i "s|listeners=PLAINTEXT|listeners=$more,PLAINTEXT|" "$data/server.properties"
  cat >>"$data/server.properties" <<PROPERTIES
listener.security.protocol.map=SASL_SSL:SASL_SSL,SSL:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$tls/server-store.pem
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
listener.name.ssl.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
PROPERTIES
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
  local users=() jvm
  [[ ${1:-} != secure ]] || secure

  # Started often and for a short time: compile little. One that runs for long compiles well: GEMWATCH_BROKER_JVM=-Xmx1g.
  read -ra jvm <<<"${GEMWATCH_BROKER_JVM:--XX:TieredStopAtLevel=1}"
  local java=(java -Xms128m -Xmx512m -XX:+UseSerialGC "${jvm[@]}" -Xshare:auto
    "-Dlog4j2.configurationFile=$here/log4j2.properties" "-Dkafka.logs.dir=$data" -cp "$jars/*")
  local cluster_id
  # Without - and _: an id that begins with - would be taken for an option.
  cluster_id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
  if ! "${java[@]}" kafka.tools.StorageTool format --standalone --cluster-id "$cluster_id" \
    --config "$data/server.properties" "${users[@]}" >"$data/format.out" 2>&1; then
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
  if [[ ${1:-} == secure ]]; then
    echo "sasl_ssl=127.0.0.1:$sasl_ssl_port"
    echo "ssl=127.0.0.1:$ssl_port"
    echo "tls=$tls"
    echo "password=$password"
    echo "stranger_password=$stranger_password"
    echo "key_password=$key_password"
  fi
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
  secure) run secure ;;
  *)
    say "usage: broker.sh fetch|run|secure"
    exit 2
    ;;
esac
