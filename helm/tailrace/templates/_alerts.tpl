{{- /*
The rules of rules/ as monitoring.rules says: without what is disabled, for the processes that the selector picks, with the
labels by which the user's Alertmanager routes.
*/}}

{{- define "tailrace.ruleGroups" -}}
{{- $values := .Values.monitoring.rules }}
{{- $selector := tpl $values.selector . }}
{{- $groups := list }}
{{- range $group := (.Files.Get "rules/tailrace.yaml" | fromYaml).groups }}
{{- $kept := list }}
{{- range $rule := $group.rules }}
{{- if not (and $rule.alert (has $rule.alert $values.disabled)) }}
{{- $_ := set $rule "expr" (include "tailrace.selected" (dict "expr" $rule.expr "selector" $selector)) }}
{{- if $rule.alert }}{{ include "tailrace.routed" (dict "rule" $rule "values" $values) }}{{ end }}
{{- $kept = append $kept $rule }}
{{- end }}
{{- end }}
{{- if $kept }}{{ $groups = append $groups (set $group "rules" $kept) }}{{ end }}
{{- end }}
{{- toYaml $groups }}
{{- end }}

{{- /* Every series of a query with the matchers of the selector; all names of metrics begin alike, but for "up". */}}
{{- define "tailrace.selected" -}}
{{- if .selector }}
{{- $braced := regexReplaceAll "\\b(tailrace_\\w+|up)([^\\w{\"]|$)" .expr "${1}{}${2}" }}
{{- $with := regexReplaceAll "\\b(tailrace_\\w+|up)\\{" $braced (.selector | replace "$" "$$" | printf "${1}{%s,") }}
{{- replace (printf "{%s,}" .selector) (printf "{%s}" .selector) $with }}
{{- else }}
{{- .expr }}
{{- end }}
{{- end }}

{{- /* Changes the rule in place. A path is no address that anybody could click on. */}}
{{- define "tailrace.routed" -}}
{{- $labels := mustMerge dict (default dict .rule.labels) .values.additionalLabels }}
{{- $severity := get $labels "severity" }}
{{- if $severity }}{{ $_ := set $labels "severity" (default $severity (get .values.severities $severity)) }}{{ end }}
{{- $_ := set .rule "labels" $labels }}
{{- $annotations := default dict .rule.annotations }}
{{- if and .values.runbookBaseUrl $annotations.runbook }}
{{- $_ := set $annotations "runbook_url" (printf "%s/%s" (trimSuffix "/" .values.runbookBaseUrl) $annotations.runbook) }}
{{- $_ := unset $annotations "runbook" }}
{{- end }}
{{- end }}
