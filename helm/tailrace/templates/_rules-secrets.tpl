{{- /*
Secrets that a schema does not know as such: headers and parameters whose names people choose, and what a URL has in it. They would
stand in a ConfigMap and in the release. Fields that are secret for sure are refused by values.schema.json.
*/}}

{{- define "tailrace.problems.secrets" -}}
{{- include "tailrace.problems.written" (dict "at" "config.tracing" "value" .config.tracing "named" false) }}
{{- range $name, $channel := .config.channels }}
{{- include "tailrace.problems.written" (dict "at" (printf "config.channels.%s.sources" $name) "value" $channel.sources "named" false) }}
{{- end }}
{{- range $name, $stream := .config.streams }}
{{- include "tailrace.problems.written" (dict "at" (printf "config.streams.%s.target" $name) "value" $stream.target "named" false) }}
{{- end }}
{{- end }}

{{- /*
Of a value at a path and all that is inside of it; `named` is true where keys are names that people chose. A text with a field of the
message in it ({message.id}), or with a reference, is written out nowhere.
*/}}
{{- define "tailrace.problems.written" -}}
{{- if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- $at := printf "%s.%s" $.at $key }}
{{- if and $.named (kindIs "string" $value) (regexMatch (include "tailrace.secretNames" $) $key) (not (regexMatch "\\{[^{}]+\\}" $value)) }}
{{ $at }} is a secret by its name, and would stand in a ConfigMap: write ${file:/etc/tailrace-secrets/...} or ${env:NAME}
{{- else }}
{{- include "tailrace.problems.written" (dict "at" $at "value" $value "named" (has $key (list "headers" "query"))) }}
{{- end }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $at, $value := .value }}
{{- include "tailrace.problems.written" (dict "at" (printf "%s[%d]" $.at $at) "value" $value "named" false) }}
{{- end }}
{{- else if kindIs "string" .value }}
{{- if regexMatch "^[a-z]+://[^/?#@:]*:[^/?#@<]+@" (regexReplaceAll "\\$\\{(file|env):[^}]*\\}" .value "<>") }}
{{ .at }} has a password in it, which would stand in a ConfigMap: write ${file:/etc/tailrace-secrets/...} or ${env:NAME} in its place
{{- else if regexMatch "^[a-z]+://" .value }}
{{- range regexFindAll "[?&][^=&#]+=[^$&#{][^&#]*" .value -1 }}
{{- $parameter := index (splitList "=" (substr 1 -1 .)) 0 }}
{{- if regexMatch (include "tailrace.secretNames" $) $parameter }}
{{ $.at }} has the secret {{ $parameter }} in it, which would stand in a ConfigMap: write ${file:/etc/tailrace-secrets/...} or ${env:NAME} in its place
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.secretNames" -}}
(?i)(auth|authentication|authorization|cookie|credentials?|hmac|jwt|passphrase|passwd|password|pwd|secret|session[-_.]?id|signature|token)$|(access|account|api|auth|functions|private|secret|shared|subscription)[-_.]?key$|(^|[-_.])(pass|sig)$|^(code|key)$
{{- end }}
