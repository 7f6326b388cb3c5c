{{- /* The pod of "helm test" must not be taken for one of a pool: it has another name. */}}
{{- define "tailrace.proofSelector" -}}
app.kubernetes.io/name: {{ include "tailrace.name" . }}-proof
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tailrace.proofUrl" -}}
{{- if .Values.proof.url }}
{{- .Values.proof.url }}
{{- else }}
{{- $listen := (include "tailrace.config" . | fromJson).listen }}
{{- $port := int (default (default 8080 $listen.http) .Values.service.httpPort) }}
{{- printf "%s://%s.%s.svc:%d/channels/tailrace-proof/messages" (ternary "https" "http" (hasKey $listen "tls")) (include "tailrace.fullname" .) .Release.Namespace $port }}
{{- end }}
{{- end }}
