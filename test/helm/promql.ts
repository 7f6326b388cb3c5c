// Reads PromQL with the grammar that Prometheus' own editor uses, and tells what in a query is not in the closed lists: metrics,
// labels, and values of labels that have only so many.

import { parser } from '@prometheus-io/lezer-promql'
import { stateKinds } from '../../processors/stream/health/state.ts'
import { ends } from '../../processors/stream/settlement/accounts.ts'
import { records } from '../../schemas/alerts/alerts.ts'
import { processMetrics } from '../../schemas/alerts/promql.ts'
import { errors } from '../../schemas/errors.ts'
import { type MetricName, metrics } from '../../schemas/metrics.ts'

/** Of the scrape, and of Prometheus itself. */
const scrapeLabels = ['namespace', 'job', 'pod', 'instance', '__name__']
const ofRecords = [...scrapeLabels, 'stream']

/** What the labels may be that have only so many values. */
const values: Readonly<Record<string, readonly string[]>> = {
  state: stateKinds,
  end: ends,
  code: Object.keys(errors),
  outcome: ['delivered', 'retry', 'unsent', 'unknown', 'reject', 'halt'],
  phase: ['connecting', 'starting', 'running', 'draining', 'stopped'],
  result: ['ok', 'refused', 'failed', 'applied']
}

/** The labels of a metric; null of one that does not exist. */
function labelsOf(name: string): readonly string[] | null {
  if (processMetrics.some(known => known === name)) return scrapeLabels
  if (Object.hasOwn(records, name)) return ofRecords
  const whole = name.replace(/_(?:bucket|sum|count)$/, '')
  const isPart = whole !== name
  const base = isPart && !Object.hasOwn(metrics, name) ? whole : name
  if (!Object.hasOwn(metrics, base)) return null
  const { labels, type } = metrics[base as MetricName] // it is one, as was asked
  if (isPart !== (type === 'histogram')) return null
  return [...scrapeLabels, ...labels, ...(name.endsWith('_bucket') ? ['le'] : [])]
}

interface Selector {
  name: string
  readonly matchers: { readonly label: string; value: string }[]
}

interface Reading {
  readonly selectors: readonly Selector[]
  /** The labels of by, on, group_left and the like. */
  readonly grouped: readonly string[]
  /** What is no PromQL. */
  readonly broken: readonly string[]
}

/** What stands in a query. Variables of dashboards have to be filled in. */
export function read(query: string): Reading {
  const selectors: Selector[] = []
  const grouped: string[] = []
  const broken: string[] = []
  parser.parse(query).iterate({
    enter({ name, from, to, type, node }) {
      const text = query.slice(from, to)
      const parent = node.parent?.name
      const selector = selectors.at(-1)
      if (type.isError) broken.push(`at ${from} of ${query}`)
      else if (name === 'VectorSelector') selectors.push({ name: '', matchers: [] })
      else if (name === 'Identifier' && parent === 'VectorSelector' && selector) selector.name = text
      else if (name === 'LabelName' && parent === 'GroupingLabels') grouped.push(text)
      else if (name === 'LabelName') selector?.matchers.push({ label: text, value: '' })
      else if (name === 'StringLiteral') {
        const matcher = selector?.matchers.at(-1)
        if (matcher !== undefined && parent === 'UnquotedLabelMatcher') matcher.value = text.slice(1, -1)
      }
    }
  })
  return { selectors, grouped, broken }
}

/** The metrics that a query looks at. */
export function metricsIn(query: string): string[] {
  return read(query).selectors.map(({ name }) => name)
}

/** What is wrong in a query; none is what a test wants. */
export function complaints(query: string): string[] {
  const { selectors, grouped, broken } = read(query)
  const known = selectors.flatMap(({ name }) => labelsOf(name) ?? [])
  return [
    ...broken.map(where => `no PromQL ${where}`),
    ...selectors.flatMap(complaintsOf),
    ...grouped
      .filter(label => !known.includes(label))
      .map(label => `nothing has the label ${label}: ${query}`)
  ]
}

function complaintsOf({ name, matchers }: Selector): string[] {
  const labels = labelsOf(name)
  if (labels === null) return [`${name} is not in the list`]
  return matchers.flatMap(({ label, value }) => {
    if (!labels.includes(label)) return [`${name} has no label ${label}`]
    const allowed = values[label]
    if (allowed === undefined || value === '') return []
    return value.split('|').flatMap(one => (allowed.includes(one) ? [] : [`no ${label} is ${one}`]))
  })
}
