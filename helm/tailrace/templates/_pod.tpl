{{- /*
The pod of a pool, the same in a Deployment and a StatefulSet. Takes a dict of root and pool.
*/}}

{{- /*
Seconds between the end that Kubernetes decides and SIGTERM, upon which listeners close: proxies and Services hear of it at the same time
as the pod, and send to it until then. Nothing is sent to a pod that does not listen.
*/}}
{{- define "tailrace.preStopSeconds" -}}
{{- include "tailrace.sourcePorts" . | fromJsonArray | empty | ternary 0 (int .settings.preStopSeconds) }}
{{- end }}

{{- define "tailrace.graceSeconds" -}}
{{- $drainMs := int64 (default 20000 .config.drainTimeoutMs) }}
{{- add (div (add $drainMs 999) 1000) (int .settings.stopMarginSeconds) (include "tailrace.preStopSeconds" . | int) }}
{{- end }}

{{- /* Takes a dict of root and pool. The kubelet sleeps by itself from 1.30 on. */}}
{{- define "tailrace.lifecycle" -}}
{{- $seconds := include "tailrace.preStopSeconds" .pool | int }}
{{- if $seconds }}
lifecycle:
  preStop:
    {{- if semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version }}
    sleep: { seconds: {{ $seconds }} }
    {{- else }}
    exec: { command: [sleep, {{ $seconds | quote }}] }
    {{- end }}
{{- end }}
{{- end }}

{{- /* Every port that the pods of a pool listen on for senders: a list of name and port, in JSON. */}}
{{- define "tailrace.sourcePorts" -}}
{{- $ports := list }}
{{- if has "http" .kinds }}{{ $ports = append $ports (dict "name" "http" "port" (int (default 8080 .config.listen.http))) }}{{ end }}
{{- if .isReceiving }}
{{- range .config.channels }}
{{- range .sources }}
{{- with .wialon }}{{ $port := int (default 20163 .port) }}{{ $ports = append $ports (dict "name" (printf "wialon-%d" $port) "port" $port) }}{{ end }}
{{- with .wialonIps }}{{ $port := int (default 20332 .port) }}{{ $ports = append $ports (dict "name" (printf "ips-%d" $port) "port" $port) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $ports }}
{{- end }}

{{- define "tailrace.adminPort" -}}
{{- int (default 9090 .config.listen.admin) }}
{{- end }}

{{- define "tailrace.volumes" -}}
- name: config
  configMap:
    name: {{ .pool.fullname }}
{{- range .root.Values.secrets }}
- name: {{ include "tailrace.volumeName" (dict "kind" "secret" "name" (default .secretName .name)) }}
  secret:
    secretName: {{ .secretName }}
    defaultMode: 0440
    {{- if .optional }}
    optional: true
    {{- end }}
{{- end }}
{{- range .root.Values.configMaps }}
- name: {{ include "tailrace.volumeName" (dict "kind" "files" "name" (default .configMapName .name)) }}
  configMap:
    name: {{ .configMapName }}
    {{- if .optional }}
    optional: true
    {{- end }}
{{- end }}
{{- if and .root.Values.proof.enabled .pool.isReceiving }}
- name: proof
  secret:
    secretName: {{ .root.Values.proof.tokenSecret.name }}
    defaultMode: 0440
{{- end }}
{{- with .pool.settings.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Whole folders and never a subPath, which would not follow a change. */}}
{{- define "tailrace.volumeMounts" -}}
- name: config
  mountPath: /etc/tailrace
  readOnly: true
{{- range .root.Values.secrets }}
- name: {{ include "tailrace.volumeName" (dict "kind" "secret" "name" (default .secretName .name)) }}
  mountPath: /etc/tailrace-secrets/{{ default .secretName .name }}
  readOnly: true
{{- end }}
{{- range .root.Values.configMaps }}
- name: {{ include "tailrace.volumeName" (dict "kind" "files" "name" (default .configMapName .name)) }}
  mountPath: /etc/tailrace-files/{{ default .configMapName .name }}
  readOnly: true
{{- end }}
{{- if and .root.Values.proof.enabled .pool.isReceiving }}
- name: proof
  mountPath: /etc/tailrace-secrets/tailrace-proof
  readOnly: true
{{- end }}
{{- with .pool.settings.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tailrace.env" -}}
{{- $names := list }}
{{- range .pool.settings.env }}{{ $names = append $names .name }}{{ end }}
{{- if not (has "NODE_OPTIONS" $names) }}
- name: NODE_OPTIONS
  value: --max-old-space-size={{ include "tailrace.heap" .pool }}
{{- end }}
{{- with .pool.settings.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tailrace.podAnnotations" -}}
{{- $annotations := dict "tailrace/needs-restart" (include "tailrace.restartHash" .pool.config) }}
{{- if .root.Values.monitoring.annotations }}
{{- $annotations = merge $annotations (dict "prometheus.io/scrape" "true" "prometheus.io/path" "/metrics" "prometheus.io/port" (include "tailrace.adminPort" .pool)) }}
{{- end }}
{{- mergeOverwrite $annotations .pool.settings.podAnnotations | toYaml }}
{{- end }}

{{- define "tailrace.podTemplate" -}}
{{- $settings := .pool.settings }}
metadata:
  annotations:
    {{- include "tailrace.podAnnotations" . | nindent 4 }}
  labels:
    {{- include "tailrace.poolSelector" (dict "root" .root "pool" .pool.name) | nindent 4 }}
    {{- with .root.Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $settings.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  serviceAccountName: {{ include "tailrace.serviceAccountName" .root }}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ include "tailrace.graceSeconds" .pool }}
  enableServiceLinks: false
  securityContext:
    {{- toYaml $settings.podSecurityContext | nindent 4 }}
  containers:
    - name: tailrace
      {{- include "tailrace.container" . | nindent 6 }}
  volumes:
    {{- include "tailrace.volumes" . | trim | nindent 4 }}
  {{- with include "tailrace.placement" $settings | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with include "tailrace.spread" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* Where a pod runs. Takes the settings of a pool. */}}
{{- define "tailrace.placement" -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with index $ $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "tailrace.spread" -}}
{{- $constraints := .pool.settings.topologySpreadConstraints }}
{{- if kindIs "slice" $constraints }}
{{- with $constraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- else }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "tailrace.poolSelector" (dict "root" $.root "pool" $.pool.name) | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "tailrace.container" -}}
image: {{ include "tailrace.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [run, /etc/tailrace, --log-level, {{ .pool.settings.logLevel }}]
env:
  {{- include "tailrace.env" . | trim | nindent 2 }}
{{- with .pool.settings.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - name: admin
    containerPort: {{ include "tailrace.adminPort" .pool }}
  {{- range include "tailrace.sourcePorts" .pool | fromJsonArray }}
  - name: {{ .name }}
    containerPort: {{ .port }}
  {{- end }}
{{- with include "tailrace.lifecycle" . | trim }}
{{ . }}
{{- end }}
{{- /* They ask whether the event loop turns. Neither a target nor Kafka that is away makes a pod be restarted. */}}
startupProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: admin }
  periodSeconds: 5
  timeoutSeconds: 3
resources:
  {{- include "tailrace.resources" .pool | nindent 2 }}
securityContext:
  {{- toYaml .pool.settings.securityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  {{- include "tailrace.volumeMounts" . | trim | nindent 2 }}
{{- end }}
