#!/usr/bin/env bash
# What stands in deploy/ is checked by the tools that will read it: Dockerfiles by hadolint, compose files by docker compose, rules
# and their tests by promtool, the chart by helm and the schemas of Kubernetes. No daemon, broker or cluster is needed.
#
#   .ci/deploy.sh           checks everything; the tools are kept in the cache of .ci/run
#   .ci/deploy.sh --write   writes the rendered settings of the chart anew (deploy/helm/gemwatch/ci/*.toml)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly HELM_VERSION=3.22.0
# The oldest and the newest that the chart is for, among those whose schemas the validator ships.
readonly KUBERNETES_VERSIONS=(1.27 1.37)
readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/gemwatch-ci
readonly CHART=deploy/helm/gemwatch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$CACHE"

missing() {
  printf 'missing: %s\n' "$1" >&2
  exit 1
}

# Helm is built from its sources by Go, once: five to ten minutes on two cores.
helm_program() {
  local folder=$CACHE/helm-$HELM_VERSION go
  if [[ ! -x $folder/helm ]]; then
    go=$(PATH=$PATH:/usr/local/go/bin command -v go) || missing "Go, to build Helm"
    GOFLAGS='' GOBIN=$folder.new "$go" install -ldflags '-s -w' "helm.sh/helm/v3/cmd/helm@v$HELM_VERSION"
    rm -rf "$CACHE"/helm-*[0-9]
    mv "$folder.new" "$folder"
  fi
  HELM=$folder/helm
}

# promtool from Debian's package, unpacked and not installed: an installed one would start a server.
promtool_program() {
  PROMTOOL=$(command -v promtool || echo "$CACHE/promtool/usr/bin/promtool")
  if [[ ! -x $PROMTOOL ]]; then
    command -v apt-get >/dev/null || missing "promtool"
    (
      cd "$work"
      apt-get download -qq prometheus 2>/dev/null || { apt-get update -qq && apt-get download -qq prometheus; }
      dpkg-deb --extract prometheus_*.deb unpacked
    )
    rm -rf "$CACHE/promtool"
    mkdir -p "$CACHE/promtool/usr/bin"
    cp "$work/unpacked/usr/bin/promtool" "$PROMTOOL"
  fi
}

python_programs() {
  local interpreter environment
  interpreter=$(command -v python3.11 || command -v python3)
  environment=$CACHE/deploy-python-$(cat .ci/deploy-requirements.txt <("$interpreter" --version) | sha256sum | cut -c1-16)
  if [[ ! -e $environment/complete ]]; then
    rm -rf "$CACHE"/deploy-python-*
    "$interpreter" -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement=.ci/deploy-requirements.txt
    touch "$environment/complete"
  fi
  PYTHON_PROGRAMS=$environment/bin
}

say() {
  printf '%-22s %s\n' "$1" "$2"
}

dockerfiles() {
  "$PYTHON_PROGRAMS/hadolint" deploy/Dockerfile deploy/Dockerfile.cuda
  say "hadolint" "Dockerfile, Dockerfile.cuda: nothing to say"
}

compose_files() {
  "$PYTHON_PROGRAMS/docker-compose" -f deploy/compose.yaml config --quiet
  "$PYTHON_PROGRAMS/docker-compose" -f deploy/compose.yaml -f deploy/compose.observability.yaml config --quiet
  say "docker compose config" "compose.yaml, with and without compose.observability.yaml: valid"
}

rules() {
  local dashboard
  "$PROMTOOL" check config deploy/prometheus/prometheus.yml >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
  say "promtool check" "prometheus.yml: $(grep -o '[0-9]* rules found' "$work/log" | tail -1)"
  "$PROMTOOL" test rules deploy/prometheus/rules.test.yaml >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
  say "promtool test" "rules.test.yaml: $(tail -n +2 "$work/log" | tr -d ' \n')"
  # Every expression of a dashboard as a rule, with what Grafana puts in.
  for dashboard in deploy/grafana/dashboards/*.json; do
    jq '{groups: [{name: "panels", rules: [.. | .expr? // empty
      | gsub("\\$__rate_interval"; "1m") | gsub("\\$__range"; "1h") | gsub("\\$[a-z]+"; ".*")
] | unique | to_entries | map({record: "panel:\(.key)", expr: .value})}]}' "$dashboard" >"$work/panels.yaml"
    "$PROMTOOL" check rules "$work/panels.yaml" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
    say "promtool check" "${dashboard##*/}: $(grep -o '[0-9]* rules found' "$work/log" | tail -1 | sed s/rules/expressions/)"
  done
}

# What only programs read that are not here: is it YAML at all?
other_files() {
  local files=(deploy/collector/*.yaml deploy/tempo/*.yaml deploy/loki/*.yaml deploy/grafana/provisioning/*/*.yaml)
  "$PYTHON_PROGRAMS/python" -c 'import sys, yaml; [yaml.safe_load(open(path)) for path in sys.argv[1:]]' "${files[@]}"
  say "YAML" "${files[*]#deploy/}: read"
}

# Without the notes about links in the chart, which are meant to be there.
helm() {
  "$HELM" "$@" 2> >(grep -v 'found symbolic link in path' >&2)
}

chart() {
  local values name version
  mkdir "$work/manifests"
  for values in "$CHART"/ci/*-values.yaml; do
    name=$(basename "$values" -values.yaml)
    helm lint --strict --quiet --kube-version "${KUBERNETES_VERSIONS[-1]}" "$CHART" --values "$values"
    for version in "${KUBERNETES_VERSIONS[@]}"; do
      helm template ward "$CHART" --namespace ward --kube-version "$version" --values "$values" >"$work/manifests/$name-$version.yaml"
    done
  done
  helm lint --strict --quiet --kube-version "${KUBERNETES_VERSIONS[-1]}" "$CHART" >/dev/null 2>&1
  say "helm lint --strict" "$(basename -a -s -values.yaml "$CHART"/ci/*-values.yaml | paste -sd' '): passed"
  "$PYTHON_PROGRAMS/python" .ci/manifests.py "$CHART/ci" "$@" "$work"/manifests/*.yaml
  # What cannot work is refused.
  local refused=(roles.all.enabled=true settings.kafka.brokers= settings.kafka.broker=x roles.monitor.replica=3)
  local value
  for value in "${refused[@]}"; do
    if helm template ward "$CHART" --kube-version 1.37 --values "$CHART/ci/gpu-values.yaml" --set "$value" >/dev/null 2>&1; then
      printf 'the chart takes --set %s\n' "$value" >&2
      return 1
    fi
  done
  say "helm template" "refuses ${refused[*]}"
}

python_programs
promtool_program
helm_program
dockerfiles
compose_files
rules
other_files
chart "$@"
