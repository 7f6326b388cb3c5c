{{- /*
Where pods connect, as the configuration says it: lines of "host port". A host that only a reference knows is "?", and so is a
port: such a line is refused (_rules-pools.tpl) until networkPolicy.addresses says what it is.
*/}}

{{- /* Of "host:port", or of a host alone with a default port. Takes a dict of text and port. */}}
{{- define "tailrace.address" -}}
{{- $text := trim .text }}
{{- $port := default (.port | toString) (regexReplaceAll "^.*?(?::([0-9]+))?$" $text "${1}") }}
{{- $host := regexReplaceAll "(:[0-9]+)?$" $text "" | trimPrefix "[" | trimSuffix "]" }}
{{- if contains "$" $host }}{{ $host = "?" }}{{ end }}
{{ $host }} {{ default "?" $port }}
{{- end }}

{{- /* Of a URL. Takes a dict of url and ports, the default ports by scheme. */}}
{{- define "tailrace.urlAddress" -}}
{{- if regexMatch "^[a-z]+://" .url }}
{{- $scheme := regexFind "^[a-z]+" .url }}
{{- $authority := regexReplaceAll "^[a-z]+://(?:[^/?#@]*@)?([^/?#]*).*$" .url "${1}" }}
{{- include "tailrace.address" (dict "text" $authority "port" (default "" (index .ports $scheme))) }}
{{- else }}
? ?
{{- end }}
{{- end }}

{{- define "tailrace.brokerAddresses" -}}
{{- range .brokers }}
{{- range splitList "," . }}
{{- include "tailrace.address" (dict "text" . "port" "") }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.targetAddresses" -}}
{{- $web := dict "http" 80 "https" 443 }}
{{- $mqtt := dict "mqtt" 1883 "mqtts" 8883 "ws" 80 "wss" 443 }}
{{- with .http }}
{{- $isDirect := eq (default "none" .proxy) "none" }}
{{- include "tailrace.urlAddress" (dict "url" (ternary .url .proxy $isDirect) "ports" $web) }}
{{- if and $isDirect .oauth2 }}{{ include "tailrace.urlAddress" (dict "url" .oauth2.tokenUrl "ports" $web) }}{{ end }}
{{- end }}
{{- with .mqtt }}{{ include "tailrace.urlAddress" (dict "url" .url "ports" $mqtt) }}{{ end }}
{{- with .awsIot }}
{{- $port := default (ternary 8443 8883 (eq (default "mqtt" .mode) "https")) .port }}
{{- include "tailrace.address" (dict "text" .endpoint "port" $port) }}
{{- end }}
{{- with .eventHubs }}
{{- $host := default "$unknown" (default .namespace .endpoint) }}
{{- include "tailrace.address" (dict "text" $host "port" (ternary 443 5671 (default false .webSocket))) }}
{{- with .credential }}
{{- if eq .kind "managedIdentity" }}{{ include "tailrace.address" (dict "text" "169.254.169.254" "port" 80) }}{{ end }}
{{- include "tailrace.address" (dict "text" "login.microsoftonline.com" "port" 443) }}
{{- end }}
{{- end }}
{{- with .iotHub }}
{{- $isTcp := and (eq (default "https" .mode) "mqtt") (not .webSocket) }}
{{- include "tailrace.address" (dict "text" .host "port" (ternary 8883 443 $isTcp)) }}
{{- end }}
{{- with .kafka }}{{ include "tailrace.brokerAddresses" . }}{{ end }}
{{- with .pubsub }}
{{- include "tailrace.address" (dict "text" (default (default "pubsub.googleapis.com" .endpoint) .emulator) "port" 443) }}
{{- if not .emulator }}
{{- include "tailrace.address" (dict "text" "oauth2.googleapis.com" "port" 443) }}
{{- if not .credentials }}
{{- include "tailrace.address" (dict "text" "169.254.169.254" "port" 80) }}
{{- /* The metadata server of GKE with Workload Identity. */}}
{{- include "tailrace.address" (dict "text" "169.254.169.252" "port" 988) }}
{{- end }}
{{- end }}
{{- end }}
{{- with .wialon }}{{ include "tailrace.address" (dict "text" (include "tailrace.bracketed" .host) "port" .port) }}{{ end }}
{{- with .wialonIps }}{{ include "tailrace.address" (dict "text" (include "tailrace.bracketed" .host) "port" .port) }}{{ end }}
{{- with .amqp }}
{{- $port := ternary 5671 5672 (hasPrefix "amqps" .url) }}
{{- include "tailrace.urlAddress" (dict "url" .url "ports" (dict "amqp" 5672 "amqps" 5671)) }}
{{- range .otherHosts }}{{ include "tailrace.address" (dict "text" . "port" $port) }}{{ end }}
{{- end }}
{{- end }}

{{- define "tailrace.bracketed" -}}
{{- if gt (len (splitList ":" .)) 2 }}[{{ . }}]{{ else }}{{ . }}{{ end }}
{{- end }}

{{- define "tailrace.sourceAddresses" -}}
{{- range .sources }}
{{- with .mqtt }}{{ include "tailrace.urlAddress" (dict "url" .url "ports" (dict "mqtt" 1883 "mqtts" 8883 "ws" 80 "wss" 443)) }}{{ end }}
{{- end }}
{{- end }}

{{- define "tailrace.writtenAddresses" -}}
{{- range . }}{{ include "tailrace.address" (dict "text" . "port" "") }}{{ end }}
{{- end }}

{{- /*
Every line for a pool, of what it names first: "streams.acme: host port". Takes a dict of root and pool.
*/}}
{{- define "tailrace.destinations" -}}
{{- $written := .root.Values.networkPolicy.addresses }}
{{- $lines := list }}
{{- $found := ternary (include "tailrace.writtenAddresses" $written.kafka) (include "tailrace.brokerAddresses" .pool.config.kafka) (gt (len $written.kafka) 0) }}
{{- range splitList "\n" $found }}{{ if trim . }}{{ $lines = append $lines (printf "kafka: %s" .) }}{{ end }}{{ end }}
{{- with .pool.config.tracing }}
{{- $own := default list $written.tracing }}
{{- $found := gt (len $own) 0 | ternary (include "tailrace.writtenAddresses" $own) (include "tailrace.urlAddress" (dict "url" .endpoint "ports" (dict "http" 80 "https" 443))) }}
{{- range splitList "\n" $found }}{{ if trim . }}{{ $lines = append $lines (printf "tracing: %s" .) }}{{ end }}{{ end }}
{{- end }}
{{- range $name, $stream := .pool.config.streams }}
{{- $own := default list (index $written.streams $name) }}
{{- $found := gt (len $own) 0 | ternary (include "tailrace.writtenAddresses" $own) (include "tailrace.targetAddresses" $stream.target) }}
{{- range splitList "\n" $found }}{{ if trim . }}{{ $lines = append $lines (printf "streams.%s: %s" $name .) }}{{ end }}{{ end }}
{{- end }}
{{- if .pool.isReceiving }}
{{- range $name, $channel := .pool.config.channels }}
{{- $own := default list (index $written.channels $name) }}
{{- $found := gt (len $own) 0 | ternary (include "tailrace.writtenAddresses" $own) (include "tailrace.sourceAddresses" $channel) }}
{{- range splitList "\n" $found }}{{ if trim . }}{{ $lines = append $lines (printf "channels.%s: %s" $name .) }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- $lines | toJson }}
{{- end }}

{{- /*
One rule of egress for each destination, and one for all that are told by their port alone: a NetworkPolicy knows no names
beyond those of the cluster. Of a name in the cluster the port is left open, since policies see that of the pod behind the
Service. Other brokers than those that are named may be sent to, so Kafka outside of the cluster is told by its port.
*/}}
{{- define "tailrace.egressRules" -}}
{{- $rules := list }}
{{- $ports := list }}
{{- $inCluster := printf "\\.svc(\\.%s)?\\.?$" (regexQuoteMeta .root.Values.networkPolicy.clusterDomain) }}
{{- range include "tailrace.destinations" . | fromJsonArray }}
{{- $isKafka := hasPrefix "kafka: " . }}
{{- $words := splitList " " . }}
{{- $host := index $words 1 }}
{{- $port := dict "protocol" "TCP" "port" (int (index $words 2)) }}
{{- $isNetwork := regexMatch "^[0-9.]+(/[0-9]+)?$|:" $host }}
{{- if and $isNetwork (not $isKafka) }}
{{- $cidr := contains "/" $host | ternary $host (printf "%s/%s" $host (contains ":" $host | ternary "128" "32")) }}
{{- $rules = append $rules (dict "to" (list (dict "ipBlock" (dict "cidr" $cidr))) "ports" (list $port)) }}
{{- else if regexMatch $inCluster $host }}
{{- $namespace := index (splitList "." (regexReplaceAll $inCluster $host "") | reverse) 0 }}
{{- $rules = append $rules (dict "to" (list (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" $namespace))))) }}
{{- else if and (not (contains "." $host)) (not $isNetwork) (ne $host "?") }}
{{- $rules = append $rules (dict "to" (list (dict "podSelector" dict))) }}
{{- else }}
{{- $ports = append $ports $port }}
{{- end }}
{{- end }}
{{- with $ports | uniq }}{{ $rules = append $rules (dict "ports" .) }}{{ end }}
{{- $rules | uniq | toYaml }}
{{- end }}
