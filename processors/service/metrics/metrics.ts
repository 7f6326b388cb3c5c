// The metrics page of one service: every metric of schemas/metrics.ts in a registry of its own, and the metrics of
// the process. Meters (meters.ts) count into it; what can be read off the streams is set when the page is asked for.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { FaultError } from '../../../schemas/errors.ts'
import { type MetricName, type MetricSpec, metrics } from '../../../schemas/metrics.ts'

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
  readonly #registry = new Registry()
  readonly #counters = new Map<string, Counter>()
  readonly #gauges = new Map<string, Gauge>()
  readonly #histograms = new Map<string, Histogram>()

  constructor(version: string) {
    for (const [name, spec] of Object.entries(metrics)) this.#add(name, spec)
    this.gauge('tailrace_build_info').set({ version }, 1)
    // Event-loop delay is among these, as tailrace_nodejs_eventloop_lag_*.
    collectDefaultMetrics({ register: this.#registry, prefix: 'tailrace_' })
    // Gauges by names that are only for counters, which Prometheus' own linter refuses; the same without _total stay.
    for (const what of ['handles', 'requests', 'resources'])
      this.#registry.removeSingleMetric(`tailrace_nodejs_active_${what}_total`)
  }

  counter(name: MetricName): Counter {
    return this.#counters.get(name) ?? noSuch('counter', name)
  }

  gauge(name: MetricName): Gauge {
    return this.#gauges.get(name) ?? noSuch('gauge', name)
  }

  histogram(name: MetricName): Histogram {
    return this.#histograms.get(name) ?? noSuch('histogram', name)
  }

  /** The page in the text format of Prometheus. */
  async page(): Promise<string> {
    return this.#registry.metrics()
  }

  #add(name: string, { type, help, labels, buckets }: MetricSpec): void {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] }
    if (type === 'counter') this.#counters.set(name, new Counter(options))
    else if (type === 'gauge') this.#gauges.set(name, new Gauge(options))
    else this.#histograms.set(name, new Histogram({ ...options, ...(buckets && { buckets: [...buckets] }) }))
  }
}

function noSuch(type: string, name: string): never {
  throw new FaultError('internal', { detail: `${name} is not a ${type}` })
}
