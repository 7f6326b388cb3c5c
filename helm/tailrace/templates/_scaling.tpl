{{- /*
What an autoscaler looks at. All take a dict of root and pool.
*/}}

{{- define "tailrace.scaleTarget" -}}
apiVersion: apps/v1
kind: {{ .pool.workload }}
name: {{ .pool.fullname }}
{{- end }}

{{- /*
How many pods the pool has use for: what its neediest stream has use for, since every pod runs all streams of the pool. The
sum over processes of one job (two monitors that scrape the same pods make two) is the number, and KEDA hands it on with a threshold of 1 as an average: pods = sum / 1. Processes tell
parts of a replica: their sum is rounded up, without what adding such parts may leave behind the point.
*/}}
{{- define "tailrace.usefulReplicas" -}}
{{- $matchers := list (printf "stream=~%q" (keys .pool.config.streams | sortAlpha | join "|")) }}
{{- with tpl .pool.settings.autoscaling.keda.prometheus.selector .root }}{{ $matchers = prepend $matchers . }}{{ end }}
{{- printf "clamp_min(ceil(max(sum by (namespace, job, stream) (tailrace_stream_useful_replicas{%s})) - 0.001), 1)" (join "," $matchers) }}
{{- end }}

{{- define "tailrace.usefulReplicasTrigger" -}}
{{- $keda := .pool.settings.autoscaling.keda }}
- type: prometheus
  name: useful-replicas
  metricType: AverageValue
  metadata:
    serverAddress: {{ $keda.prometheus.serverAddress | quote }}
    query: {{ include "tailrace.usefulReplicas" . | quote }}
    threshold: "1"
    # No answer is no zero: the fallback counts then.
    ignoreNullValues: "false"
    {{- with $keda.prometheus.authModes }}
    authModes: {{ . | quote }}
    {{- end }}
  {{- with $keda.authenticationRef }}
  authenticationRef:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "tailrace.lagTriggers" -}}
{{- $keda := .pool.settings.autoscaling.keda }}
{{- $brokers := default (join "," .pool.config.kafka.brokers) $keda.lag.bootstrapServers }}
{{- range $name, $stream := .pool.config.streams }}
{{- range $channel := include "tailrace.channelsOf" $stream | fromJsonArray }}
- type: kafka
  metricType: AverageValue
  metadata:
    bootstrapServers: {{ $brokers | quote }}
    consumerGroup: {{ default (printf "tailrace.%s" $name) $stream.group | quote }}
    topic: {{ default $channel (default dict (index $.pool.config.channels $channel)).topic | quote }}
    lagThreshold: {{ $keda.lag.threshold | quote }}
    offsetResetPolicy: latest
    allowIdleConsumers: "false"
    limitToPartitionsWithLag: "true"
    excludePersistentLag: "true"
  {{- with $keda.authenticationRef }}
  authenticationRef:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
