{{- /* What the chart itself refuses: of pools, of how many pods they may have, and of what a policy cannot know. */}}

{{- define "tailrace.problems.image" -}}
{{- if not .root.Values.image.repository }}
image.repository is needed: no image is published, so build one (helm/Dockerfile), push it to a registry that your nodes can pull from, and write its name here
{{- end }}
{{- end }}

{{- define "tailrace.problems.pools" -}}
{{- $owners := dict }}
{{- $receiving := list }}
{{- range $name, $pool := .root.Values.pools }}
{{- if regexMatch "^(check|metrics|pods|proof|dashboard(-.*)?)$" $name }}
pools.{{ $name }} is a name that the chart needs for objects of its own: call the pool otherwise
{{- end }}
{{- range $stream := $pool.streams }}
{{- if not (hasKey $.config.streams $stream) }}
pools.{{ $name }}.streams names {{ quote $stream }}, and there is no stream of that name (known streams: {{ keys $.config.streams | sortAlpha | join ", " }})
{{- end }}
{{- if hasKey $owners $stream }}
pools.{{ $name }}.streams names {{ quote $stream }}, as pools.{{ get $owners $stream }}.streams does: a stream runs in one pool
{{- end }}
{{- $_ := set $owners $stream $name }}
{{- end }}
{{- if $pool.sources }}{{ $receiving = append $receiving $name }}{{ end }}
{{- end }}
{{- if gt (len $receiving) 1 }}
pools.{{ index $receiving 1 }}.sources is true, as pools.{{ index $receiving 0 }}.sources is: one pool runs the sources
{{- end }}
{{- range $kind := list "secrets" "configMaps" }}
{{- $names := list }}
{{- range $at, $entry := index $.root.Values $kind }}
{{- $name := default (default $entry.configMapName $entry.secretName) $entry.name }}
{{- if has $name $names }}
{{ $kind }}[{{ $at }}].name is {{ $name }}, as an earlier one: each needs a folder of its own
{{- end }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What a reference names has to be there in the pods of the pool. Variables from envFrom are not known here. */}}
{{- define "tailrace.problems.references" -}}
{{- $folders := list }}
{{- range .root.Values.secrets }}{{ $folders = append $folders (printf "/etc/tailrace-secrets/%s" (default .secretName .name)) }}{{ end }}
{{- range .root.Values.configMaps }}{{ $folders = append $folders (printf "/etc/tailrace-files/%s" (default .configMapName .name)) }}{{ end }}
{{- if .root.Values.proof.enabled }}{{ $folders = append $folders "/etc/tailrace-secrets/tailrace-proof" }}{{ end }}
{{- $told := list }}
{{- range $name, $pool := include "tailrace.divided" .root | fromJson }}
{{- $settings := $pool.settings }}
{{- $variables := list "HOSTNAME" "HOME" "PATH" "NODE_OPTIONS" "NODE_VERSION" "NODE_ENV" }}
{{- range $settings.env }}{{ $variables = append $variables .name }}{{ end }}
{{- $mounts := $folders }}
{{- range $settings.extraVolumeMounts }}{{ $mounts = append $mounts .mountPath }}{{ end }}
{{- range regexFindAll "\\$\\{[^}\"]*\\}?" (toJson $pool.config | replace "$${" "") -1 | uniq }}
{{- $reference := . }}
{{- $variable := regexReplaceAll "^\\$\\{env:([A-Za-z_][A-Za-z0-9_]*)\\}$" . "${1}" }}
{{- $path := regexReplaceAll "^\\$\\{file:(.+)\\}$" . "${1}" }}
{{- if not (has . $told) }}
{{- if ne $variable . }}
{{- if not (or $settings.envFrom (has $variable $variables)) }}
{{- $told = append $told . }}
env must have {{ $variable }}, which config refers to as {{ . }} in the pool {{ quote $name }}
{{- end }}
{{- else if ne $path . }}
{{- $isMounted := false }}
{{- range $mounts }}{{ if hasPrefix (printf "%s/" (trimSuffix "/" .)) $path }}{{ $isMounted = true }}{{ end }}{{ end }}
{{- if not $isMounted }}
{{- $told = append $told . }}
secrets or configMaps must mount {{ $path }}, which config refers to as {{ . }} (mounted: {{ join ", " $mounts | default "nothing" }})
{{- end }}
{{- else }}
{{- $told = append $told . }}
config has {{ $reference }}, which is neither ${env:NAME} nor ${file:path}; where a plain "${" is meant, write "$${"
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.scaling" -}}
{{- range $name, $pool := include "tailrace.divided" .root | fromJson }}
{{- $scaling := $pool.settings.autoscaling }}
{{- $at := hasKey $.root.Values.pools $name | ternary (printf "pools.%s." $name) "" }}
{{- if and (gt (int $pool.partitions) 0) (not $pool.isReceiving) (gt (int $pool.maxReplicas) (int $pool.partitions)) }}
{{ $at }}{{ $pool.isScaled | ternary "autoscaling.maxReplicas" "replicas" }} is {{ $pool.maxReplicas }}, and the channels of the pool {{ quote $name }} have {{ $pool.partitions }} partitions at most: more pods would have nothing to do (config.channels.<name>.partitions says how many there are)
{{- end }}
{{- if and $pool.isScaled (gt (int $scaling.minReplicas) (int $pool.maxReplicas)) }}
{{ $at }}autoscaling.minReplicas is {{ $scaling.minReplicas }}, above maxReplicas, which is {{ $pool.maxReplicas }}
{{- end }}
{{- if and (eq $scaling.kind "hpa") (not $scaling.targetCPUPercent) }}
{{ $at }}autoscaling.targetCPUPercent is needed with kind: hpa
{{- end }}
{{- if and $pool.isScaled $scaling.targetCPUPercent (not (dig "requests" "cpu" "" $pool.settings.resources)) }}
{{ $at }}resources.requests.cpu is needed with autoscaling.targetCPUPercent, which is a share of it
{{- end }}
{{- include "tailrace.problems.keda" (dict "pool" $pool "at" $at) }}
{{- include "tailrace.problems.mqtt" (dict "pool" $pool "at" $at) }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.keda" -}}
{{- $scaling := .pool.settings.autoscaling }}
{{- if eq $scaling.kind "keda" }}
{{- $hasStreams := gt (len .pool.config.streams) 0 }}
{{- if and $hasStreams (eq $scaling.keda.trigger "usefulReplicas") (not $scaling.keda.prometheus.serverAddress) }}
{{ .at }}autoscaling.keda.prometheus.serverAddress is needed: it is asked how many pods are of use
{{- end }}
{{- $brokers := default (join "," .pool.config.kafka.brokers) $scaling.keda.lag.bootstrapServers }}
{{- if and $hasStreams (eq $scaling.keda.trigger "lag") (contains "${" $brokers) }}
{{ .at }}autoscaling.keda.lag.bootstrapServers is needed, since KEDA does not know what {{ $brokers }} stands for
{{- end }}
{{- if and $hasStreams (eq $scaling.keda.trigger "lag") }}
{{- $kafka := .pool.config.kafka }}
{{- if and (or (hasKey $kafka "tls") (hasKey $kafka "sasl")) (not $scaling.keda.authenticationRef) }}
{{ .at }}autoscaling.keda.authenticationRef is needed with trigger: lag, since config.kafka has {{ hasKey $kafka "sasl" | ternary "sasl" "tls" }}: KEDA connects to Kafka by itself
{{- end }}
{{- range $name, $stream := .pool.config.streams }}
{{- if contains "${" (default "" $stream.group) }}
config.streams.{{ $name }}.group cannot hold a reference with trigger: lag, since KEDA does not know what it stands for
{{- end }}
{{- range include "tailrace.channelsOf" $stream | fromJsonArray }}
{{- if contains "${" . }}
config.streams.{{ $name }}.from cannot hold a reference with trigger: lag, since KEDA does not know what it stands for
{{- else if contains "${" (default "" (default dict (index $.pool.config.channels .)).topic) }}
config.channels.{{ . }}.topic cannot hold a reference with trigger: lag, since KEDA does not know what it stands for
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if not (or $hasStreams $scaling.targetCPUPercent) }}
{{ .at }}autoscaling.targetCPUPercent is needed for a pool without streams
{{- end }}
{{- end }}
{{- end }}

{{- /* The session of an MQTT source has a name that no other pod may have, and that must come back. */}}
{{- define "tailrace.problems.mqtt" -}}
{{- if has "mqtt" .pool.kinds }}
{{- if .pool.isScaled }}
{{ .at }}autoscaling.kind must be none for the pool that runs MQTT sources: what a broker keeps for a pod that is gone would wait for it. Give the sources a pool of their own (pools.<name>.sources)
{{- else if gt (int .pool.maxReplicas) 1 }}
{{- range $name, $channel := .pool.config.channels }}
{{- range $at, $source := $channel.sources }}
{{- with $source.mqtt }}
{{- if not (contains "${env:HOSTNAME}" .clientId) }}
config.channels.{{ $name }}.sources[{{ $at }}].mqtt.clientId must hold ${env:HOSTNAME}, as {{ $.at }}replicas is {{ $.pool.maxReplicas }}: a broker ends the older of two connections with one name
{{- end }}
{{- if not .shareGroup }}
config.channels.{{ $name }}.sources[{{ $at }}].mqtt.shareGroup is needed, as {{ $.at }}replicas is {{ $.pool.maxReplicas }}: without it each pod gets every message
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.network" -}}
{{- $policy := .root.Values.networkPolicy }}
{{- range $name, $_ := $policy.addresses.streams }}
{{- if not (hasKey $.config.streams $name) }}
networkPolicy.addresses.streams.{{ $name }} is no stream
{{- end }}
{{- end }}
{{- range $name, $_ := $policy.addresses.channels }}
{{- if not (hasKey $.config.channels $name) }}
networkPolicy.addresses.channels.{{ $name }} is no channel
{{- end }}
{{- end }}
{{- if $policy.enabled }}
{{- $told := list }}
{{- range include "tailrace.divided" .root | fromJson }}
{{- range include "tailrace.destinations" (dict "root" $.root "pool" .) | fromJsonArray }}
{{- $what := index (splitList ":" .) 0 }}
{{- if and (hasSuffix " ?" .) (not (has $what $told)) }}
{{- $told = append $told $what }}
networkPolicy.addresses.{{ $what }} is needed: a reference hides where config.{{ $what }} connects, and the policy would not let it
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.proof" -}}
{{- if .root.Values.proof.enabled }}
{{- range $part := list "channels" "streams" }}
{{- if hasKey (default dict (index $.root.Values.config $part)) "tailrace-proof" }}
config.{{ $part }}.tailrace-proof is a name of the chart's own while proof.enabled is true
{{- end }}
{{- end }}
{{- if not .root.Values.proof.tokenSecret.name }}
proof.tokenSecret.name is needed: a Secret with the token of the channel tailrace-proof
{{- end }}
{{- if hasKey (default dict .config.listen.tls) "clientCa" }}
proof.enabled cannot be true with config.listen.tls.clientCa: the test has no certificate to show
{{- end }}
{{- end }}
{{- end }}
