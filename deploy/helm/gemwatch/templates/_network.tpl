{{/* What may leave a pod: questions for names, and what goes to the brokers. In: root. */}}
{{- define "gemwatch.egress" -}}
- to: {{ toJson .Values.networkPolicy.dns.peers }}
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{ include "gemwatch.egressTo" .Values.networkPolicy.brokers }}
{{- end }}

{{/* In: peers and ports. No peers: anywhere. */}}
{{- define "gemwatch.egressTo" -}}
- ports:
    {{- range .ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with .peers }}
  to: {{ toJson . }}
  {{- end }}
{{- end }}

{{/* In: peers. No peers: anybody, on the one port there is. */}}
{{- define "gemwatch.ingressFrom" -}}
- ports: [{port: 9464, protocol: TCP}]
  {{- with .peers }}
  from: {{ toJson . }}
  {{- end }}
{{- end }}
