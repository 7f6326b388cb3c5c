// The shape of an alert, and what several of them say in the same words.

export interface AlertSpec {
  /** PromQL; what it returns is what is wrong, with the labels that the alert has. */
  readonly expr: string
  /** How long it has to be so without a break. */
  readonly for: string
  /** page: a person is woken. ticket: somebody looks at it in working hours. Nothing pages for what heals by itself. */
  readonly severity: 'page' | 'ticket'
  /** What is wrong with what, in one line. Templates of Prometheus. */
  readonly summary: string
  /** Why, as far as metrics tell. */
  readonly reason: string
  /** What happens next by itself, and what does not. */
  readonly next: string
}

/** An installation in a sentence. */
export const installationOf = '{{ $labels.namespace }}/{{ $labels.job }}'

/** A stream in a sentence. */
export const streamOf = `Stream {{ $labels.stream }} of ${installationOf}`

/** The process in a sentence; outside of a cluster there are no pods. */
export const processOf =
  'process {{ if $labels.pod }}{{ $labels.pod }}{{ else }}{{ $labels.instance }}{{ end }}'

/** What a template shows for every series that a query returns; %s in the query are labels of the alert. */
const asked = (query: string, ...labels: readonly string[]) =>
  `range printf \`${query}\` ${labels.map(label => `$labels.${label}`).join(' ')} | query`

const ofStream = ['namespace', 'job', 'stream']
const selected = '{namespace="%s", job="%s", stream="%s"}'

/**
 * The codes of what troubles the stream at the moment, or its state where nothing does. Asked when the alert is rendered, so that
 * a new reason is no new alert.
 */
export const streamTrouble = [
  `Reason:{{ ${asked(`group by (code) (tailrace_stream_trouble${selected} == 1)`, ...ofStream)} }} {{ .Labels.code }}`,
  `{{ else }} none is told, it is{{ ${asked(`group by (state) (tailrace_stream_state${selected} == 1)`, ...ofStream)} }} {{ .Labels.state }}{{ end }}`,
  '{{ end }}.'
].join('')

/** The codes of why processes do not start. */
export const serviceTrouble = `Reason:{{ ${asked(
  'group by (code) (tailrace_service_trouble{namespace="%s", job="%s"} == 1)',
  'namespace',
  'job'
)} }} {{ .Labels.code }}{{ else }} none is told, see the log{{ end }}.`

/** Where the meaning of a code is looked up. */
export const codeMeans = 'schemas/generated/errors.md says what the code means and how to mend it.'
