{{/*
gemwatch.toml of a role: the values under `settings`, those of the role, and the files of `secrets`, `model` and `audit`.
*/}}

{{/* In: root, name (of the role), role. Out: the settings as JSON. */}}
{{- define "gemwatch.settings" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $settings := mergeOverwrite (deepCopy $values.settings) (deepCopy (.role.settings | default dict)) -}}
{{- $chart := dict "kafka" (dict "properties" dict "property_files" dict) "http" (dict "tokens" dict "listen" "0.0.0.0:9464") -}}
{{- range $property, $_ := $values.secrets.kafkaFiles }}{{ $_ := set $chart.kafka.properties $property (printf "/run/secrets/gemwatch/kafka/%s" $property) }}{{ end -}}
{{- range $property, $_ := $values.secrets.kafkaProperties }}{{ $_ := set $chart.kafka.property_files $property (printf "/run/secrets/gemwatch/kafka/%s" $property) }}{{ end -}}
{{- range $name, $_ := $values.secrets.httpTokens }}{{ $_ := set $chart.http.tokens $name (printf "/run/secrets/gemwatch/tokens/%s" $name) }}{{ end -}}
{{- if $values.secrets.httpTls }}
{{- $_ := set $chart.http "tls_certificate_file" "/run/secrets/gemwatch/tls/tls.crt" -}}
{{- $_ := set $chart.http "tls_key_file" "/run/secrets/gemwatch/tls/tls.key" -}}
{{- end -}}
{{- if and $values.secrets.pseudonymKey.secret (ne .name "reader") }}{{ $_ := set $chart "pseudonyms" (dict "key_file" "/run/secrets/gemwatch/pseudonyms") }}{{ end -}}
{{- if and $values.audit.enabled (has .name (list "all" "monitor")) }}{{ $_ := set $chart "audit" (dict "file" "/var/lib/gemwatch/audit.jsonl") }}{{ end -}}
{{- if and $values.model.existingClaim (has .name (list "all" "reader")) }}{{ $_ := set $chart "readings" (dict "model" (clean (printf "/models/%s" $values.model.path))) }}{{ end -}}
{{- if and (eq .name "monitor") (not $values.roles.reader.enabled) (not (dig "readings" "model" "" $settings)) }}{{ $_ := set $chart "readings" (dict "model" "none") }}{{ end -}}
{{- if eq .name "board" }}{{ $_ := set $chart "readings" (dict "model" "none") }}{{ end -}}
{{- mergeOverwrite $settings $chart | toJson -}}
{{- end }}

{{/* In: settings as JSON. Out: a digest of what is not read again without a restart. */}}
{{- define "gemwatch.restarts" -}}
{{- $settings := omit (fromJson .) "alarms" -}}
{{- if $settings.telemetry }}{{ $_ := set $settings "telemetry" (omit $settings.telemetry "log") }}{{ end -}}
{{- $settings | toJson | sha256sum -}}
{{- end }}

{{/* A key of TOML: quoted where it has dots. */}}
{{- define "gemwatch.toml.key" -}}
{{- if regexMatch "^[A-Za-z0-9_-]+$" . }}{{ . }}{{ else }}{{ . | quote }}{{ end -}}
{{- end }}

{{/* A value of TOML. Numbers of YAML are all floating point: whole ones are written without a point. */}}
{{- define "gemwatch.toml.value" -}}
{{- if kindIs "float64" . }}{{ if eq . (floor .) }}{{ printf "%.0f" . }}{{ else }}{{ printf "%v" . }}{{ end -}}
{{- else }}{{ . | toJson }}{{ end -}}
{{- end }}

{{/* In: path (of the table) and table. Out: the table, then those within it. Empty tables and values are left out. */}}
{{- define "gemwatch.toml" -}}
{{- $path := .path -}}
{{- $lines := list -}}
{{- range $key, $value := .table -}}
{{- if not (or (kindIs "map" $value) (kindIs "invalid" $value)) -}}
{{- $lines = append $lines (printf "%s = %s" (include "gemwatch.toml.key" $key) (include "gemwatch.toml.value" $value)) -}}
{{- end -}}
{{- end -}}
{{- if $lines }}
{{- if $path }}

[{{ $path }}]
{{- end }}
{{- range $lines }}
{{ . }}
{{- end }}
{{- end -}}
{{- range $key, $value := .table -}}
{{- if kindIs "map" $value -}}
{{- $key = include "gemwatch.toml.key" $key -}}
{{- include "gemwatch.toml" (dict "path" (ternary (printf "%s.%s" $path $key) $key (ne $path "")) "table" $value) -}}
{{- end -}}
{{- end -}}
{{- end }}
