{{- /*
What Tailrace refuses and a schema cannot say: rules about two places at once. The product has them in
processors/service/config; expressions, certificates and what only a connector knows are left to it. "tailrace.refuse" fails
with all that was found, a line for each, so that nothing is installed. Templates see only what it lets pass: they take the
pools from "tailrace.pools", which asks it first.
*/}}

{{- define "tailrace.refuse" -}}
{{- $config := include "tailrace.config" . | fromJson }}
{{- $about := dict "root" . "config" $config }}
{{- $found := list }}
{{- range list "image" "channels" "streams" "sequence" "steps" "topics" "loops" "listening" "sources" "secrets" "pools" "references" "scaling" "memory" "network" "proof" }}
{{- range splitList "\n" (include (printf "tailrace.problems.%s" .) $about) }}
{{- if trim . }}{{ $found = append $found (trim .) }}{{ end }}
{{- end }}
{{- end }}
{{- with $found }}{{ fail (printf "the values are not valid:\n  %s" (join "\n  " .)) }}{{ end }}
{{- end }}

{{- define "tailrace.problems.channels" -}}
{{- $known := keys .config.channels | sortAlpha }}
{{- range $name, $stream := .config.streams }}
{{- range $at, $entry := $stream.from }}
{{- $parts := splitn "/" 2 $entry }}
{{- if and (contains "/" $entry) (eq (default "" $parts._1) "") }}
config.streams.{{ $name }}.from[{{ $at }}] must have the ident of a device behind the /
{{- else if not (or (has $parts._0 $known) (contains "${" $entry)) }}
config.streams.{{ $name }}.from[{{ $at }}] must be the name of a channel, got {{ quote $parts._0 }} ({{ gt (len $known) 0 | ternary (printf "known channels: %s" (join ", " $known)) "no channel is defined" }})
{{- end }}
{{- end }}
{{- end }}
{{- $owners := dict }}
{{- range $name, $channel := .config.channels }}
{{- $topic := default $name $channel.topic }}
{{- if hasKey $owners $topic }}
config.channels.{{ $name }}.topic is {{ $topic }}, as that of config.channels.{{ get $owners $topic }}; every channel needs a topic of its own
{{- end }}
{{- $_ := set $owners $topic $name }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.streams" -}}
{{- $owners := dict }}
{{- range $name, $stream := .config.streams }}
{{- $at := printf "config.streams.%s" $name }}
{{- $group := default (printf "tailrace.%s" $name) $stream.group }}
{{- if hasKey $owners $group }}
{{ $at }}.group is {{ $group }}, as that of config.streams.{{ get $owners $group }}; every stream needs a consumer group of its own
{{- end }}
{{- $_ := set $owners $group $name }}
{{- $retry := default dict $stream.retry }}
{{- if gt (int64 (default 500 $retry.minDelayMs)) (int64 (default 30000 $retry.maxDelayMs)) }}
{{ $at }}.retry must have a minDelayMs that is not above its maxDelayMs
{{- end }}
{{- $stop := default dict $stream.safetyStop }}
{{- if gt (int64 (default 100 $stop.rejected)) (int64 (default 1000 $stop.of)) }}
{{ $at }}.safetyStop must have a rejected that is not above its of; equal, they switch it off
{{- end }}
{{- $order := default "device" $stream.order }}
{{- if has $order (list "partition" "none") }}
{{- if eq (default "" $stream.onDeviceReject) "hold" }}
{{ $at }}.onDeviceReject cannot be hold with order: {{ $order }}; write dead-letter
{{- end }}
{{- if $stream.onePerDevice }}
{{ $at }}.onePerDevice needs order: device, and not {{ $order }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.sequence" -}}
{{- range $name, $stream := .config.streams }}
{{- if hasKey $stream "sequence" }}
{{- $at := printf "config.streams.%s" $name }}
{{- if eq (default "device" $stream.order) "none" }}
{{ $at }}.order cannot be none with sequence, since numbers tell an order
{{- end }}
{{- if hasKey $stream "ttlSeconds" }}
{{ $at }}.ttlSeconds cannot stand with sequence: a number would be missing; use the step expire
{{- end }}
{{- if hasKey (default dict $stream.retry) "maxAttempts" }}
{{ $at }}.retry.maxAttempts cannot stand with sequence: a number would be missing
{{- end }}
{{- if gt (len (include "tailrace.channelsOf" $stream | fromJsonArray)) 1 }}
{{ $at }}.from must name one channel with sequence, since a device has its numbers in one place
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.steps" -}}
{{- $hasAttributes := hasKey .config "attributes" }}
{{- range $name, $stream := .config.streams }}
{{- $needing := list }}
{{- if hasKey $stream "where" }}{{ $needing = append $needing "where" }}{{ end }}
{{- if $stream.requires }}{{ $needing = append $needing "requires" }}{{ end }}
{{- range $at, $step := $stream.steps }}
{{- if hasKey $step "enrich" }}{{ $needing = append $needing (printf "steps[%d].enrich" $at) }}{{ end }}
{{- include "tailrace.problems.rename" (dict "at" (printf "config.streams.%s.steps[%d].rename" $name $at) "rename" $step.rename) }}
{{- end }}
{{- if not $hasAttributes }}
{{- range $needing }}
config.streams.{{ $name }}.{{ . }} needs the section config.attributes, which says where they are kept
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Helm sorts the keys of mappings, and of two patterns that fit one name the first counts. */}}
{{- define "tailrace.problems.rename" -}}
{{- $patterns := list }}
{{- range $from, $_ := (default dict .rename).fields }}{{ if contains "*" $from }}{{ $patterns = append $patterns $from }}{{ end }}{{ end }}
{{- range $one := $patterns }}
{{- range $other := $patterns }}
{{- $prefixes := list (index (splitList "*" $one) 0) (index (splitList "*" $other) 0) }}
{{- if and (lt $one $other) (or (hasPrefix (index $prefixes 0) (index $prefixes 1)) (hasPrefix (index $prefixes 1) (index $prefixes 0))) }}
{{ $.at }}.fields has the patterns {{ quote $one }} and {{ quote $other }}, which may fit the same name: Helm does not keep the order of keys, so write them as two steps
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.listening" -}}
{{- $listen := .config.listen }}
{{- $isMutual := hasKey (default dict $listen.tls) "clientCa" }}
{{- $hasHttp := false }}
{{- range $name, $channel := .config.channels }}
{{- $count := 0 }}
{{- range $at, $source := $channel.sources }}
{{- if hasKey $source "http" }}
{{- $hasHttp = true }}
{{- $count = add1 $count }}
{{- $path := printf "config.channels.%s.sources[%d].http" $name $at }}
{{- if gt $count 1 }}
{{ $path }} is a second http source of this channel, which can have one: it may have several tokens
{{- end }}
{{- $http := default dict $source.http }}
{{- if not (or $isMutual $http.insecure $http.tokens $http.senders (hasKey $http "jwt") (hasKey $http "webhookSignature") (has $listen.host (list "127.0.0.1" "localhost" "::1"))) }}
{{ $path }} must have tokens, because it can be reached from outside of the pod: set tokens, senders, jwt or webhookSignature, or listen.tls.clientCa, or "insecure: true" to take messages from anybody
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $hasHttp (eq (int (default 8080 $listen.http)) (int (default 9090 $listen.admin))) }}
config.listen.admin must be another port than config.listen.http
{{- end }}
{{- range list "http" "admin" }}
{{- if and (hasKey $listen .) (eq (int (index $listen .)) 0) }}
config.listen.{{ . }} must not be 0 in a pod: probes and Services have to know the port
{{- end }}
{{- end }}
{{- if has $listen.adminHost (list "127.0.0.1" "localhost" "::1") }}
config.listen.adminHost must be an address that probes reach: leave it out
{{- end }}
{{- if and $hasHttp (has $listen.host (list "127.0.0.1" "localhost" "::1")) }}
config.listen.host must be an address that senders reach: leave it out
{{- end }}
{{- end }}

{{- define "tailrace.problems.sources" -}}
{{- $listen := .config.listen }}
{{- $ports := dict (default 9090 $listen.admin | int | toString) "config.listen.admin" }}
{{- $hasHttp := false }}
{{- range .config.channels }}{{ range .sources }}{{ if hasKey . "http" }}{{ $hasHttp = true }}{{ end }}{{ end }}{{ end }}
{{- if $hasHttp }}{{ $_ := set $ports (default 8080 $listen.http | int | toString) "config.listen.http" }}{{ end }}
{{- $sessions := dict }}
{{- range $name, $channel := .config.channels }}
{{- range $at, $source := $channel.sources }}
{{- $path := printf "config.channels.%s.sources[%d]" $name $at }}
{{- with $source.wialon }}
{{- if not (or .senders .insecure) }}
{{ $path }}.wialon must have senders, because it can be reached from outside of the pod; "insecure: true" takes messages from anybody
{{- end }}
{{- include "tailrace.problems.port" (dict "ports" $ports "port" (int (default 20163 .port)) "path" (printf "%s.wialon.port" $path)) }}
{{- end }}
{{- with $source.wialonIps }}
{{- if not (or .password .insecure) }}
{{ $path }}.wialonIps must have a password, because it can be reached from outside of the pod; "insecure: true" takes messages from anybody
{{- end }}
{{- include "tailrace.problems.port" (dict "ports" $ports "port" (int (default 20332 .port)) "path" (printf "%s.wialonIps.port" $path)) }}
{{- end }}
{{- with $source.mqtt }}
{{- $session := printf "%s %s" .url .clientId }}
{{- if hasKey $sessions $session }}
{{ $path }}.mqtt.clientId is that of {{ get $sessions $session }}: every session needs its own
{{- end }}
{{- $_ := set $sessions $session $path }}
{{- end }}
{{- end }}
{{- end }}
{{- $other := get $ports (default 0 .root.Values.service.httpPort | int | toString) }}
{{- if and $hasHttp (hasSuffix ".port" $other) }}
service.httpPort must be another port than {{ $other }}: the Service has both
{{- end }}
{{- end }}

{{- define "tailrace.problems.port" -}}
{{- $key := toString .port }}
{{- if eq .port 0 }}
{{ .path }} must not be 0 in a pod: the Service has to know it
{{- else if hasKey .ports $key }}
{{ .path }} must be another port than {{ get .ports $key }}, which is {{ $key }} as well
{{- end }}
{{- $_ := set .ports $key .path }}
{{- end }}
