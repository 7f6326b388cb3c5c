// Faults of every theme, made to happen while Tailrace runs, Prometheus scrapes it and the rules of the chart are evaluated: of
// each, /status, one metric and, where a person is needed, one alert tell within a quarter of a minute what is wrong and why.

import { startLocalKafka } from '../../../../connectors/kafka/local/local.ts'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { type Prometheus, startPrometheus } from '../../../prometheus.ts'
import type { EnginePromise } from '../promise.ts'
import { Stage } from '../stage.ts'
import { brokerFaults, fullDisk, standingStill, withoutBroker } from './brokers.ts'
import { type Fault, judge, type Row } from './fault.ts'
import { processFaults } from './processes.ts'
import { targetFaults } from './targets.ts'

export const faults: EnginePromise = {
  name: 'faults',
  title: 'whatever goes wrong is told within 15 seconds, with the stream, the reason and what happens next',
  async run(stage) {
    const prometheus = await startPrometheus({ rules: [packageRoot('helm/tailrace/rules/tailrace.yaml')] })
    const kafka = await startLocalKafka()
    const own = await Stage.open(kafka.brokers)
    let complaints: string[] = []
    try {
      const rows = await tellAll(stage, own, { prometheus, kafka })
      complaints = rows.flatMap(row => row.complaints)
      return {
        complaints,
        shortfalls: rows.flatMap(({ shortfalls }) => shortfalls),
        figures: { faults: rows.length, told: rows.map(lineOf) }
      }
    } finally {
      await own.close(complaints.length > 0)
      await kafka.stop()
      await prometheus.stop()
    }
  }
}

interface Around {
  readonly prometheus: Prometheus
  readonly kafka: Awaited<ReturnType<typeof startLocalKafka>>
}

async function tellAll(stage: Stage, own: Stage, { prometheus, kafka }: Around): Promise<Row[]> {
  const brokers = await brokerFaults(own)
  const prepared = [await targetFaults(stage), await processFaults(stage), brokers]
  const atOnce = prepared.flatMap(({ faults }) => faults)
  scrape(prometheus, atOnce)
  for (const { strike } of prepared) await strike()
  const rows = await judge(prometheus, atOnce)
  const still = standingStill(kafka, brokers.instance)
  rows.push(...(await judge(prometheus, still.faults).finally(() => still.letGo())))
  const gone = await withoutBroker(own, kafka, brokers.instance)
  scrape(prometheus, gone)
  rows.push(...(await judge(prometheus, gone)))
  const full = await fullDisk(kafka, brokers.instance)
  return [...rows, ...(await judge(prometheus, full))]
}

function scrape(prometheus: Prometheus, of: readonly Fault[]): void {
  const addresses = new Set(of.map(({ instance }) => instance.adminAddress ?? ''))
  prometheus.scrape([...addresses].map(address => ({ address, labels: { namespace: 'test' } })))
}

function lineOf({ fault, reason, next, statusS, metricS, alertS }: Row): string {
  const seconds = [statusS, metricS, alertS].map(one => (one === null ? '-' : `${one} s`)).join(' / ')
  return `\n  ${fault.theme}: ${fault.name}: ${seconds}: ${reason}; ${next}; ${fault.alert ?? 'heals by itself'}`
}
