{{- /*
Every topic has one use: what is in a topic that is read would be delivered, and in that of another nobody could tell whose it is.
*/}}

{{- define "tailrace.problems.topics" -}}
{{- $owners := dict }}
{{- range $name, $channel := .config.channels }}{{ $_ := set $owners (default $name $channel.topic) $name }}{{ end }}
{{- range $name, $channel := .config.channels }}
{{- $kinds := include "tailrace.sourceKinds" $channel | fromJsonArray }}
{{- if or (has "mqtt" $kinds) (has "wialon" $kinds) (has "wialonIps" $kinds) }}
{{- $base := default $name $channel.topic }}
{{- include "tailrace.problems.topic" (dict "owners" $owners "name" $name "key" "deadLetters" "part" $channel.deadLetters "suffix" "dead-letters" "base" $base "path" (printf "config.channels.%s" $name)) }}
{{- end }}
{{- end }}
{{- $suffixes := dict "deadLetters" "dead-letters" "held" "held" "state" "state" "ledger" "ledger" "sequence" "sequences" "receipts" "receipts" }}
{{- range $name, $stream := .config.streams }}
{{- $base := default (printf "tailrace.%s" $name) $stream.group }}
{{- range $key := list "deadLetters" "held" "state" "ledger" "sequence" "receipts" }}
{{- $isAlways := has $key (list "deadLetters" "held") }}
{{- $keepsState := and (eq $key "state") (or (hasKey $stream "silence") (gt (len (default list $stream.steps)) 0)) }}
{{- if or $isAlways $keepsState (and (ne $key "state") (hasKey $stream $key)) }}
{{- include "tailrace.problems.topic" (dict "owners" $owners "name" $name "key" $key "part" (index $stream $key) "suffix" (get $suffixes $key) "base" $base "path" (printf "config.streams.%s" $name)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.problems.topic" -}}
{{- $written := (default dict .part).topic }}
{{- $topic := default (printf "%s.%s" .base .suffix) $written }}
{{- if hasKey .owners $topic }}
{{ .path }}.{{ .key }}.topic would be {{ $topic }}, which belongs to {{ get .owners $topic }}; give it another
{{- else if not (or (contains "$" $topic) (regexMatch "^[a-zA-Z0-9._-]{1,249}$" $topic)) }}
{{ .path }}.{{ .key }}.topic would be {{ $topic }}, which is no name of a topic; give it one
{{- end }}
{{- $_ := set .owners $topic .name }}
{{- end }}

{{- /* A target that is a topic its stream reads would be sent to for ever. */}}
{{- define "tailrace.problems.loops" -}}
{{- $own := include "tailrace.brokerAddresses" .config.kafka | trim | splitList "\n" }}
{{- range $name, $stream := .config.streams }}
{{- with $stream.target.kafka }}
{{- $isSame := false }}
{{- range include "tailrace.brokerAddresses" . | trim | splitList "\n" }}{{ if and (has . $own) (not (contains "?" .)) }}{{ $isSame = true }}{{ end }}{{ end }}
{{- if $isSame }}
{{- $pattern := printf "^%s$" (regexReplaceAll "\\\\\\{[^{}]*\\\\\\}" (regexQuoteMeta .topic) ".+") }}
{{- range $channel := include "tailrace.channelsOf" $stream | fromJsonArray }}
{{- $read := default $channel (default dict (index $.config.channels $channel)).topic }}
{{- if regexMatch $pattern $read }}
config.streams.{{ $name }}.target.kafka.topic is or can become {{ $read }}, which the stream reads on the same brokers, so that messages would be sent to it again for ever
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
