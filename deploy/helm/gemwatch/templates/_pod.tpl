{{/* The pods of a role. */}}

{{/* What a container of gemwatch may not do. */}}
{{- define "gemwatch.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "gemwatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* In: a role. Its resources, with the GPUs. */}}
{{- define "gemwatch.resources" -}}
{{- $gpus := int .gpu.count -}}
{{- mergeOverwrite (deepCopy .resources) (ternary (dict "limits" (dict .gpu.resource $gpus)) dict (gt $gpus 0)) | toYaml -}}
{{- end }}

{{/* In: a role. Nodes with GPUs are usually kept for those who ask for one. */}}
{{- define "gemwatch.tolerations" -}}
{{- $gpu := list (dict "key" .gpu.resource "operator" "Exists" "effect" "NoSchedule") -}}
{{- with concat .tolerations (ternary $gpu list (gt (int .gpu.count) 0)) -}}
tolerations: {{ toJson . }}
{{- end }}
{{- end }}

{{/* In: root and name. The files of `secrets` in one volume; nothing where there are none. */}}
{{- define "gemwatch.secretSources" -}}
{{- $secrets := .root.Values.secrets -}}
{{- range $property, $from := merge (deepCopy $secrets.kafkaFiles) $secrets.kafkaProperties }}
{{- if $from.configMap }}
- configMap: {name: {{ $from.configMap }}, items: [{key: {{ $from.key }}, path: kafka/{{ $property }}}]}
{{- else }}
- secret: {name: {{ $from.secret }}, items: [{key: {{ $from.key }}, path: kafka/{{ $property }}}]}
{{- end }}
{{- end }}
{{- range $name, $from := $secrets.httpTokens }}
- secret: {name: {{ $from.secret }}, items: [{key: {{ $from.key }}, path: tokens/{{ $name }}}]}
{{- end }}
{{- if $secrets.httpTls }}
- secret: {name: {{ $secrets.httpTls }}, items: [{key: tls.crt, path: tls/tls.crt}, {key: tls.key, path: tls/tls.key}]}
{{- end }}
{{- if and $secrets.pseudonymKey.secret (ne .name "reader") }}
- secret: {name: {{ $secrets.pseudonymKey.secret }}, items: [{key: {{ $secrets.pseudonymKey.key }}, path: pseudonyms}]}
{{- end }}
{{- end }}

{{/* In: root and name. Volumes that the service and its check share. */}}
{{- define "gemwatch.volumes" -}}
- name: settings
  configMap:
    name: {{ include "gemwatch.fullname" .root }}-{{ .name }}
- name: tmp
  emptyDir: {}
{{- with include "gemwatch.secretSources" . }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- if and .root.Values.model.existingClaim (has .name (list "all" "reader")) }}
- name: model
  persistentVolumeClaim:
    claimName: {{ .root.Values.model.existingClaim }}
    readOnly: true
{{- end }}
{{- end }}

{{- define "gemwatch.volumeMounts" -}}
# The folder, not the file: only so does a change of limits reach a pod that runs.
- {name: settings, mountPath: /etc/gemwatch, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- if include "gemwatch.secretSources" . }}
- {name: secrets, mountPath: /run/secrets/gemwatch, readOnly: true}
{{- end }}
{{- if and .root.Values.model.existingClaim (has .name (list "all" "reader")) }}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
{{- end }}

{{/* In: root, name, role (with what is common below it), stateful. */}}
{{- define "gemwatch.pod" -}}
{{- $root := .root -}}
{{- $role := .role -}}
{{- $scheme := ternary "HTTPS" "HTTP" (ne $root.Values.secrets.httpTls "") -}}
metadata:
  labels:
    {{- include "gemwatch.selector" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
    {{- with $role.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # Another digest, other pods; alarm limits and the log level are read again without.
    gemwatch/settings: {{ include "gemwatch.settings" . | include "gemwatch.restarts" }}
    {{- with $role.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "gemwatch.serviceAccount" $root }}
  automountServiceAccountToken: false
  # Variables of services named after gemwatch would look like its settings.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "gemwatch.podSecurity" . | nindent 4 }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets: {{ toJson . }}
  {{- end }}
  {{- with $role.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $role.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with $role.nodeSelector }}
  nodeSelector: {{ toJson . }}
  {{- end }}
  {{- with $role.affinity }}
  affinity: {{ toJson . }}
  {{- end }}
  {{- include "gemwatch.tolerations" $role | nindent 2 }}
  {{- with $role.topologyKeys }}
  topologySpreadConstraints:
    {{- range . }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "gemwatch.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $.name }}
    {{- end }}
  {{- end }}
  containers:
    - name: gemwatch
      image: {{ include "gemwatch.image" . }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: [run, --config, /etc/gemwatch/gemwatch.toml, --role, {{ .name }}]
      env:
        {{- if ne .name "board" }}
        # Back under its name after a crash, it has its beds at once.
        - {name: GEMWATCH_KAFKA__INSTANCE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        {{- end }}
        {{- with $role.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - {name: http, containerPort: 9464}
      # Alive while it answers. Ready when its conditions are met: a new pod must be before an old one goes.
      startupProbe:
        httpGet: {path: /healthz, port: http, scheme: {{ $scheme }}}
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet: {path: /healthz, port: http, scheme: {{ $scheme }}}
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /readyz, port: http, scheme: {{ $scheme }}}
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      resources:
        {{- include "gemwatch.resources" $role | nindent 8 }}
      securityContext:
        {{- include "gemwatch.containerSecurity" . | nindent 8 }}
      volumeMounts:
        {{- include "gemwatch.volumeMounts" . | nindent 8 }}
        {{- if .stateful }}
        - {name: audit, mountPath: /var/lib/gemwatch}
        {{- end }}
        {{- with $role.extraVolumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
  volumes:
    {{- include "gemwatch.volumes" . | nindent 4 }}
    {{- with $role.extraVolumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}
