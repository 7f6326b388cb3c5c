// What a panel of a dashboard is, and the queries that several of them ask. Grafana fills in $namespace, $stream and
// $channel; a rate is taken over what Grafana finds right for the scrape interval.

import { type Measured, over, series } from '../../alerts/promql.ts'

/** Units as Grafana names them. */
export type Unit = 'short' | 's' | 'bytes' | 'Bps' | 'cps' | 'percentunit' | 'none'

export interface Query {
  readonly expr: string
  /** What a line is called; `{{label}}` is a label of the series. In a table, the column. */
  readonly legend: string
  /** Of a column, where it differs from that of the panel. */
  readonly unit?: Unit
}

/** From this value on, the colour says how bad it is. */
export interface Threshold {
  readonly from: number
  readonly colour: 'green' | 'yellow' | 'orange' | 'red'
}

export interface Panel {
  readonly title: string
  /** What it shows, and what to do about it. */
  readonly description: string
  /** table: the last value of each series, a row; stat: one figure. */
  readonly kind: 'graph' | 'stat' | 'table'
  readonly queries: readonly Query[]
  readonly unit: Unit
  /** Of 24. */
  readonly width: 4 | 6 | 8 | 12 | 24
  readonly thresholds?: readonly Threshold[]
  readonly isStacked?: true
  /** Words in the place of figures. */
  readonly words?: Readonly<Record<number, string>>
}

/** Panels under a heading. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Dashboard {
  readonly title: string
  /** Its address in Grafana. */
  readonly uid: string
  readonly description: string
  /** What one picks at the top, beside the namespace. */
  readonly variable: { readonly name: 'stream' | 'channel'; readonly of: Measured; readonly several: boolean }
  readonly rows: readonly Row[]
}

/** As much as a rate is taken over. */
const interval = '$__rate_interval'

/** The series of a metric that belong to what was picked. */
export function picked(name: Measured, what: 'stream' | 'channel' | null, matchers = ''): string {
  const own = what === null ? [] : [`${what}=~"$${what}"`]
  return series(name, ['namespace=~"$namespace"', ...own, ...(matchers === '' ? [] : [matchers])].join(', '))
}

/** How much a counter grows in a second. */
export function rate(counter: string): string {
  return `rate(${counter}[${interval}])`
}

/** Lines for the middle, and for the slowest of twenty and of a hundred; `bucket` selects the buckets of a histogram. */
export function quantiles(bucket: string): Query[] {
  return [0.5, 0.95, 0.99].map(quantile => ({
    expr: `histogram_quantile(${quantile}, ${over('sum', 'le', rate(bucket))})`,
    legend: `${quantile * 100} %`
  }))
}

/** A name for a process in a legend: outside of a cluster there are no pods. */
export const processName = '{{pod}} {{instance}}'

/** In units of Grafana's grid; a table over the whole width is one that grows. */
export function heightOf({ kind, width }: Panel): number {
  if (kind === 'stat') return 4
  return kind === 'table' && width === 24 ? 10 : 8
}
