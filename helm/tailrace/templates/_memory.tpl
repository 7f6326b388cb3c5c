{{- /*
What memory a pod has, and how much of it is Node's heap. All take a pool. Measured, with the budget of 256 MiB (../README.md): one stream whose target hangs, at most 162 MiB
at rest and 197 MiB in full flow; a command (offsets, where, check --connect, status) 126 to 154 MiB beside it. Many streams fill the budget.
*/}}

{{- /* MiB of a process beside its budget: what it takes at rest, and room for its collector. */}}
{{- define "tailrace.processMi" -}}192{{- end }}

{{- /* MiB of a command that somebody runs in the container, such as "tailrace offsets". */}}
{{- define "tailrace.commandMi" -}}160{{- end }}

{{- define "tailrace.budgetMi" -}}
{{- div (add (int64 (dig "memory" "maxBytes" 268435456 .config)) 1048575) 1048576 }}
{{- end }}

{{- /* What somebody said of the memory of the pod; where only a request or only a limit is, it is both: a request above its limit is refused. */}}
{{- define "tailrace.saidMemory" -}}
{{- $resources := .settings.resources }}
{{- coalesce (default dict $resources.limits).memory (default dict $resources.requests).memory | default "" | include "tailrace.plain" }}
{{- end }}

{{- /* A number without exponent, as Kubernetes reads it: Helm makes floats of numbers. */}}
{{- define "tailrace.plain" -}}
{{- if kindIs "float64" . }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- /* A quantity of Kubernetes in MiB, rounded down; 0 for what is none that we can read. */}}
{{- define "tailrace.mebibytes" -}}
{{- $factors := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- if regexMatch "^[0-9]+([.][0-9]+)?([kMGT]|[KMGT]i)?$" . }}
{{- $factor := get $factors (regexFind "[a-zA-Z]*$" .) }}
{{- divf (mulf (float64 (regexFind "^[0-9.]+" .)) $factor) 1048576 | floor | int64 }}
{{- else }}
{{- 0 }}
{{- end }}
{{- end }}

{{- /* MiB that the pod may have: what is said, else all that may be needed. */}}
{{- define "tailrace.limitMi" -}}
{{- $said := include "tailrace.saidMemory" . }}
{{- if $said }}
{{- include "tailrace.mebibytes" $said }}
{{- else }}
{{- add (include "tailrace.budgetMi" . | int64) (include "tailrace.processMi" . | int64) (include "tailrace.commandMi" . | int64) }}
{{- end }}
{{- end }}

{{- define "tailrace.resources" -}}
{{- $resources := deepCopy .settings.resources }}
{{- $memory := default (printf "%sMi" (include "tailrace.limitMi" .)) (include "tailrace.saidMemory" .) }}
{{- range $key := list "limits" "requests" }}
{{- $part := default dict (index $resources $key) }}
{{- $_ := set $resources $key (set $part "memory" (default $memory (include "tailrace.plain" (default "" $part.memory)))) }}
{{- end }}
{{- $resources | toYaml }}
{{- end }}

{{- /* Three quarters of what the limit leaves beside a command, in MiB: what waits lies mostly outside of the heap. */}}
{{- define "tailrace.heap" -}}
{{- div (mul 3 (sub (include "tailrace.limitMi" . | int64) (include "tailrace.commandMi" . | int64))) 4 }}
{{- end }}

{{- define "tailrace.problems.memory" -}}
{{- range $name, $pool := include "tailrace.divided" .root | fromJson }}
{{- $at := hasKey $.root.Values.pools $name | ternary (printf "pools.%s." $name) "" }}
{{- $said := include "tailrace.saidMemory" $pool }}
{{- $key := (default dict $pool.settings.resources.limits).memory | empty | ternary "requests" "limits" }}
{{- $least := add (include "tailrace.budgetMi" $pool | int64) (include "tailrace.processMi" $pool | int64) (include "tailrace.commandMi" $pool | int64) }}
{{- $limit := include "tailrace.limitMi" $pool | int64 }}
{{- if and $said (eq $limit 0) }}
{{ $at }}resources.{{ $key }}.memory is {{ quote $said }}, which is no quantity such as 640Mi
{{- else if lt $limit $least }}
{{ $at }}resources.{{ $key }}.memory is {{ $said }}, and the pool {{ quote $name }} needs {{ $least }}Mi: memory.maxBytes, {{ include "tailrace.processMi" . }}Mi for the process itself and {{ include "tailrace.commandMi" . }}Mi for a command run in the pod. Raise it, or lower memory.maxBytes
{{- end }}
{{- end }}
{{- end }}
