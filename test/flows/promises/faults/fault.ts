// A fault that is made to happen, and what an operator must be told of it within a quarter of a minute: /status, one metric
// and, where a person is needed, one alert name the stream, the true reason, and what happens next.

import type { ServiceStatus, StreamReport } from '../../../../processors/service/admin/status.ts'
import type { Prometheus } from '../../../prometheus.ts'
import type { Instance } from '../../harness/instance.ts'
import { tick } from '../../harness/until.ts'
import { unless } from '../promise.ts'

export type Theme =
  | 'Kafka'
  | 'target'
  | 'network'
  | 'credentials'
  | 'configuration'
  | 'device'
  | 'disk'
  | 'clock'
  | 'memory'

/** What /status says of it: the reason as a code or a sentence, and what comes next. */
export interface Told {
  readonly reason: string
  readonly next: string
}

export interface Fault {
  readonly name: string
  readonly theme: Theme
  /** Which it befalls; null: the process as a whole. */
  readonly stream: string | null
  /** What /status must give as the reason. */
  readonly reason: RegExp
  /** What it says at the moment; null while it says nothing of the kind. */
  told(status: ServiceStatus): Told | null
  /** A query that returns something only while the fault is told. */
  readonly metric: string
  /** The alert that begins to count, where a person is needed. */
  readonly alert?: string
  /** What the alert must give as the reason, where that is not what /status does: a metric carries no text. */
  readonly alertReason?: RegExp
  /** The process that it befalls. */
  readonly instance: Instance
}

export interface Row {
  readonly fault: Fault
  readonly reason: string
  readonly next: string
  readonly statusS: number | null
  readonly metricS: number | null
  /** Null where it is not there, and where none is due. */
  readonly alertS: number | null
  readonly complaints: readonly string[]
  readonly shortfalls: readonly string[]
}

/** Faults that wait to happen, all at the same moment. */
export interface Prepared {
  readonly faults: readonly Fault[]
  strike(): Promise<void>
}

/** The metric that gives the reason why a stream waits or is halted, and what /status says of that. */
export const trouble = (stream: string) => `tailrace_stream_trouble{stream="${stream}"} == 1`
export const troubled = ({ trouble }: StreamReport): Told | null =>
  trouble === undefined ? null : { reason: trouble.code, next: trouble.nextAttempt ?? trouble.hint ?? '' }

/** What is told of one stream. */
export function toldOf(
  stream: string,
  { streams }: ServiceStatus,
  told: (report: StreamReport) => Told | null
): Told | null {
  const report = streams.find(({ name }) => name === stream)
  return report === undefined ? null : told(report)
}

/** What is promised; and when nobody waits any longer, on a machine that has much else to do. */
const promisedS = 15
const patienceMs = 60_000
const lookMs = 250

/** Looks until all of the faults, which have just begun, are told of in every way, or time is over. */
export async function judge(prometheus: Prometheus, faults: readonly Fault[]): Promise<Row[]> {
  const startedMs = performance.now()
  const watched = faults.map(fault => new Watched(fault))
  for (let overMs = 0; overMs < patienceMs; overMs = performance.now() - startedMs) {
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10
    await Promise.all([lookAtStatus(watched, seconds), lookAtMetrics(prometheus, watched, seconds)])
    if (watched.every(one => one.isTold)) break
    await tick(lookMs)
  }
  return watched.map(one => one.row())
}

async function lookAtStatus(watched: readonly Watched[], seconds: number): Promise<void> {
  const instances = new Set(watched.map(({ fault }) => fault.instance))
  for (const instance of instances) {
    const status = await instance.status()
    if (status === null) continue
    for (const one of watched) if (one.fault.instance === instance) one.sawStatus(status, seconds)
  }
}

async function lookAtMetrics(
  prometheus: Prometheus,
  watched: readonly Watched[],
  seconds: number
): Promise<void> {
  const alerts = await prometheus.alerts()
  for (const one of watched) {
    one.sawAlerts(alerts, seconds)
    if (one.wantsMetric && (await prometheus.query(one.fault.metric)).length > 0) one.sawMetric(seconds)
  }
}

/** What was seen of one fault so far. */
class Watched {
  readonly fault: Fault
  #told: Told | null = null
  /** What /status gave as the reason last, right or wrong. */
  #other = ''
  #statusS: number | null = null
  #metricS: number | null = null
  #alertS: number | null = null

  constructor(fault: Fault) {
    this.fault = fault
  }

  get isTold(): boolean {
    const { alert } = this.fault
    return this.#statusS !== null && this.#metricS !== null && (alert === undefined || this.#alertS !== null)
  }

  get wantsMetric(): boolean {
    return this.#metricS === null
  }

  sawStatus(status: ServiceStatus, seconds: number): void {
    const told = this.fault.told(status)
    this.#other = told?.reason ?? ''
    if (told === null || !this.fault.reason.test(told.reason)) return
    this.#told = told
    this.#statusS ??= seconds
  }

  sawMetric(seconds: number): void {
    this.#metricS ??= seconds
  }

  /** It counts once it names the stream and the reason; whether it has lasted long enough to be sent is no matter here. */
  sawAlerts(alerts: Awaited<ReturnType<Prometheus['alerts']>>, seconds: number): void {
    const { alert: wanted, stream, reason, alertReason = reason } = this.fault
    const isIt = ({ labels, annotations }: (typeof alerts)[number]) => {
      const text = Object.values(annotations).join('\n')
      return (
        labels.alertname === wanted && (stream === null || text.includes(stream)) && alertReason.test(text)
      )
    }
    if (wanted !== undefined && alerts.some(isIt)) this.#alertS ??= seconds
  }

  row(): Row {
    const { fault } = this
    const { reason = '', next = '' } = this.#told ?? {}
    const lacks = [
      ...(this.#statusS === null ? [`/status, which says "${this.#other}",`] : []),
      ...(this.#metricS === null ? [`the metric ${fault.metric}`] : []),
      ...(fault.alert !== undefined && this.#alertS === null ? [`the alert ${fault.alert}`] : []),
      ...(this.#told !== null && next === '' ? ['what happens next'] : [])
    ]
    const complaints = lacks.map(
      lack => `${fault.name}: after ${patienceMs / 1000} s ${lack} does not tell it`
    )
    const seen = { statusS: this.#statusS, metricS: this.#metricS, alertS: this.#alertS }
    const slowestS = Math.max(...Object.values(seen).map(one => one ?? 0))
    const shortfalls = unless([slowestS <= promisedS, `${fault.name}: is told after ${slowestS} s only`])
    return { fault, reason, next, ...seen, complaints, shortfalls }
  }
}
