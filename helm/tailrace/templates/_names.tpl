{{- /* Names and labels. Everything that belongs to a pool carries its name, so that selectors of pools never meet. */}}

{{- /* A name of at most so many characters; of one that is cut a hash keeps what made it unlike others. Takes a dict of text and most. */}}
{{- define "tailrace.short" -}}
{{- if gt (len .text) (int .most) }}
{{- printf "%s-%s" (trunc (sub .most 9 | int) .text | trimSuffix "-") (sha256sum .text | trunc 8) }}
{{- else }}
{{- .text }}
{{- end }}
{{- end }}

{{- define "tailrace.name" -}}
{{- include "tailrace.short" (dict "text" (default .Chart.Name .Values.nameOverride) "most" 40) }}
{{- end }}

{{- define "tailrace.fullname" -}}
{{- $name := include "tailrace.name" . }}
{{- $text := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- include "tailrace.short" (dict "text" (default $text .Values.fullnameOverride) "most" 40) }}
{{- end }}

{{- /*
What belongs to a pool. 48 leave room: a StatefulSet puts "-" and ten characters behind it in a label, KEDA nine before it, its Service
five behind it, and 63 is the most. Takes a dict of root and the name of the pool.
*/}}
{{- define "tailrace.poolFullname" -}}
{{- $fullname := include "tailrace.fullname" .root }}
{{- $text := eq .name "default" | ternary $fullname (printf "%s-%s" $fullname .name) }}
{{- if gt (len $text) 48 }}
{{- /* The name of the pool stays readable. */}}
{{- printf "%s-%s-%s" (trunc (sub 38 (len .name) | int) $fullname | trimSuffix "-") .name (sha256sum $text | trunc 8) }}
{{- else }}
{{- $text }}
{{- end }}
{{- end }}

{{- /* Of a Secret or a ConfigMap: its name may have dots, and be longer than that of a volume. Takes a dict of kind and name. */}}
{{- define "tailrace.volumeName" -}}
{{- $text := printf "%s-%s" .kind .name }}
{{- if contains "." $text }}{{ $text = printf "%s-%s" (replace "." "-" $text) (sha256sum $text | trunc 8) }}{{ end }}
{{- include "tailrace.short" (dict "text" $text "most" 63) }}
{{- end }}

{{- define "tailrace.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tailrace.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tailrace.labels" -}}
{{ include "tailrace.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The pods of one pool, and of no other: takes a dict of root and the name of the pool. */}}
{{- define "tailrace.poolSelector" -}}
{{ include "tailrace.selectorLabels" .root }}
tailrace/pool: {{ .pool | quote }}
{{- end }}

{{- define "tailrace.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "tailrace.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "tailrace.image" -}}
{{- $image := .Values.image }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}
