{{- /*
What the values make of the configuration. "tailrace.config" is the whole of it, with what a pod needs filled in;
"tailrace.pools" divides it, once nothing is wrong with it. Both give JSON, for `fromJson` of whoever includes them.
*/}}

{{- define "tailrace.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $_ := set $config "listen" (mergeOverwrite (dict "host" "0.0.0.0" "adminHost" "0.0.0.0") (default dict $config.listen)) }}
{{- $channels := deepCopy (default dict $config.channels) }}
{{- $streams := deepCopy (default dict $config.streams) }}
{{- range $name, $channel := $channels }}
{{- range $source := $channel.sources }}
{{- range $kind := list "wialon" "wialonIps" }}
{{- if hasKey $source $kind }}{{ $_ := set $source $kind (merge (default dict (index $source $kind)) (dict "host" "0.0.0.0")) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.proof.enabled }}
{{- $_ := set $channels "tailrace-proof" (include "tailrace.proof.channel" . | fromYaml) }}
{{- $_ := set $streams "tailrace-proof" (include "tailrace.proof.stream" . | fromYaml) }}
{{- end }}
{{- $_ := set $config "channels" $channels }}
{{- $_ := set $config "streams" $streams }}
{{- toJson $config }}
{{- end }}

{{- define "tailrace.proof.channel" -}}
partitions: {{ .Values.proof.partitions }}
retentionHours: 1
sources:
  - http:
      tokens: ["${file:/etc/tailrace-secrets/tailrace-proof/{{ .Values.proof.tokenSecret.key }}}"]
{{- end }}

{{- /*
What a test that was broken off leaves behind is not sent for ever. While no test runs nobody listens there, so it is tried
again soon.
*/}}
{{- define "tailrace.proof.stream" -}}
from: [tailrace-proof]
ttlSeconds: 600
retry: { maxDelayMs: 5000 }
target:
  http:
    url: http://{{ include "tailrace.fullname" . }}-proof.{{ .Release.Namespace }}.svc:{{ .Values.proof.port }}/
{{- end }}

{{- /* The channels of a stream, as a list in JSON. */}}
{{- define "tailrace.channelsOf" -}}
{{- $channels := list }}
{{- range .from }}{{ $channels = append $channels (splitn "/" 2 . )._0 }}{{ end }}
{{- $channels | uniq | toJson }}
{{- end }}

{{- /* The kinds of source that a channel has, as a list in JSON. */}}
{{- define "tailrace.sourceKinds" -}}
{{- $kinds := list }}
{{- range .sources }}{{ $kinds = concat $kinds (keys .) }}{{ end }}
{{- $kinds | uniq | toJson }}
{{- end }}

{{- define "tailrace.sourcesPool" -}}
{{- $found := "default" }}
{{- range $name, $pool := .Values.pools }}{{ if $pool.sources }}{{ $found = $name }}{{ end }}{{ end }}
{{- $found }}
{{- end }}

{{- /*
The pools by name: their settings, streams, configuration, and what follows from these. A pool that has nothing to do is
left out, unless it is the only one.
*/}}
{{- define "tailrace.pools" -}}
{{- include "tailrace.refuse" . }}
{{- include "tailrace.divided" . }}
{{- end }}

{{- define "tailrace.divided" -}}
{{- $root := . }}
{{- $config := include "tailrace.config" . | fromJson }}
{{- $sourcesPool := include "tailrace.sourcesPool" . }}
{{- $sourceKinds := list }}
{{- range $config.channels }}{{ $sourceKinds = concat $sourceKinds (include "tailrace.sourceKinds" . | fromJsonArray) }}{{ end }}
{{- $named := list }}
{{- range .Values.pools }}{{ $named = concat $named (default list .streams) }}{{ end }}
{{- $pools := dict }}
{{- range $name := append (keys .Values.pools) "default" | uniq | sortAlpha }}
{{- $own := default dict (index $root.Values.pools $name) }}
{{- $streams := default list $own.streams }}
{{- if eq $name "default" }}
{{- range $stream := keys $config.streams }}{{ if not (has $stream $named) }}{{ $streams = append $streams $stream }}{{ end }}{{ end }}
{{- end }}
{{- $kinds := ternary ($sourceKinds | uniq) list (eq $name $sourcesPool) }}
{{- if or $streams $kinds $own (eq (len $root.Values.pools) 0) }}
{{- $pool := include "tailrace.pool" (dict "root" $root "config" $config "name" $name "own" $own "streams" $streams "kinds" $kinds) | fromJson }}
{{- $_ := set $pools $name $pool }}
{{- end }}
{{- end }}
{{- toJson $pools }}
{{- end }}

{{- define "tailrace.pool" -}}
{{- $config := omit .config "channels" "streams" }}
{{- with .own.memory }}{{ $_ := set $config "memory" . }}{{ end }}
{{- $isReceiving := gt (len .kinds) 0 }}
{{- $streams := dict }}
{{- $channels := ternary (deepCopy .config.channels) dict (eq .name (include "tailrace.sourcesPool" .root)) }}
{{- $partitions := 0 }}
{{- range $name := .streams }}
{{- with index $.config.streams $name }}
{{- $_ := set $streams $name . }}
{{- range $channel := include "tailrace.channelsOf" . | fromJsonArray }}
{{- with index $.config.channels $channel }}
{{- $partitions = max $partitions (int (default 12 .partitions)) }}
{{- if not (hasKey $channels $channel) }}{{ $_ := set $channels $channel (set (deepCopy .) "sources" list) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $_ := set $config "channels" $channels }}
{{- $_ := set $config "streams" $streams }}
{{- $settings := mergeOverwrite (include "tailrace.poolDefaults" .root | fromJson) (omit .own "streams" "sources" "memory") }}
{{- $scaling := $settings.autoscaling }}
{{- $isScaled := ne $scaling.kind "none" }}
{{- $most := int (default (max 1 (ternary $partitions 10 (gt $partitions 0))) $scaling.maxReplicas) }}
{{- dict
  "name" .name
  "fullname" (include "tailrace.poolFullname" (dict "root" .root "name" .name))
  "workload" (ternary "StatefulSet" "Deployment" (has "mqtt" .kinds))
  "config" $config
  "kinds" .kinds
  "isReceiving" $isReceiving
  "partitions" $partitions
  "settings" $settings
  "isScaled" $isScaled
  "maxReplicas" (ternary $most (int $settings.replicas) $isScaled)
  | toJson }}
{{- end }}

{{- /* What stands at the top of the values and counts for every pool. */}}
{{- define "tailrace.poolDefaults" -}}
{{- pick .Values "replicas" "autoscaling" "resources" "logLevel" "env" "envFrom" "stopMarginSeconds" "preStopSeconds" "minReadySeconds"
  "podDisruptionBudget" "topologySpreadConstraints" "podLabels" "podAnnotations" "nodeSelector" "tolerations" "affinity"
  "priorityClassName" "podSecurityContext" "securityContext" "extraVolumes" "extraVolumeMounts" | toJson }}
{{- end }}

{{- /*
What a process cannot take while it runs, as a hash: only a change of this rolls the pods. Certificates to listen with may
change, whether there is TLS and mutual TLS may not.
*/}}
{{- define "tailrace.restartHash" -}}
{{- $listen := deepCopy .listen }}
{{- with $listen.tls }}{{ $_ := set $listen "tls" (dict "mutual" (hasKey . "clientCa")) }}{{ end }}
{{- set (omit . "channels" "streams" "geofences" "drainTimeoutMs" "metrics") "listen" $listen | toJson | sha256sum | trunc 16 }}
{{- end }}
