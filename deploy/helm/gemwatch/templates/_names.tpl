{{/* Names and labels that everything shares. */}}

{{- define "gemwatch.fullname" -}}
{{- .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-gemwatch" .Release.Name) (contains "gemwatch" .Release.Name)) | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* What never changes and selects pods. */}}
{{- define "gemwatch.selector" -}}
app.kubernetes.io/name: gemwatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gemwatch.labels" -}}
{{ include "gemwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "gemwatch.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "gemwatch.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{/* In: root and role. The image, by digest where there is one. */}}
{{- define "gemwatch.image" -}}
{{- $own := .role.image | default dict -}}
{{- $repository := $own.repository | default .root.Values.image.repository -}}
{{- $digest := $own.digest | default (ternary "" .root.Values.image.digest (or (hasKey $own "repository") (hasKey $own "tag"))) -}}
{{- if $digest -}}
{{ $repository }}@{{ $digest }}
{{- else -}}
{{ $repository }}:{{ $own.tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* The role whose service shows the board; empty where there is none. */}}
{{- define "gemwatch.boardRole" -}}
{{- if .Values.roles.board.enabled }}board{{ else if .Values.roles.all.enabled }}all{{ end -}}
{{- end }}

{{/* The names of the topics by their keys, as JSON. */}}
{{- define "gemwatch.topics" -}}
{{- $default := dict "waveforms" "ecg.waveforms" "commands" "ecg.commands" "reading_requests" "ecg.reading-requests" "alerts" "ecg.alerts" "alert_state" "ecg.alert-state" "vitals" "ecg.vitals" "heartbeats" "ecg.heartbeats" "readings" "ecg.readings" "dead_letters" "ecg.dead-letters" -}}
{{- mergeOverwrite $default (.Values.settings.kafka.topics | default dict) | toJson -}}
{{- end }}

{{/* What cannot work is said before anything is made. */}}
{{- define "gemwatch.check" -}}
{{- $roles := .Values.roles -}}
{{- if and $roles.all.enabled $roles.monitor.enabled }}{{ fail "roles.all and roles.monitor exclude each other: set one of them to enabled: false" }}{{ end -}}
{{- if not (or $roles.all.enabled $roles.monitor.enabled $roles.reader.enabled $roles.board.enabled) }}{{ fail "no role is enabled: set roles.monitor.enabled or roles.all.enabled" }}{{ end -}}
{{- if and $roles.reader.enabled (eq (dig "readings" "model" "" .Values.settings) "none") }}{{ fail "roles.reader is enabled and settings.readings.model is \"none\": leave one of them out" }}{{ end -}}
{{- if not (dig "kafka" "brokers" "" .Values.settings) }}{{ fail "settings.kafka.brokers is empty: say where the brokers are, such as kafka.example:9092" }}{{ end -}}
{{- if and .Values.ingress.enabled (not (include "gemwatch.boardRole" .)) }}{{ fail "ingress.enabled needs roles.board or roles.all" }}{{ end -}}
{{- end }}
