// Runs one case from an empty scene to its verdict, with a Kafka of its own where the case kills Kafka.

import { type LocalKafka, startLocalKafka } from '../../../connectors/kafka/local/local.ts'
import type { Findings, FlowCase, Scale } from '../cases/case.ts'
import { Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'

export interface CaseResult extends Verdict, Findings {
  readonly case: string
  readonly title: string
  readonly seconds: number
  /** The ends of the logs, where something is not as it must be. */
  readonly logs: string
  /** Where all logs are kept then. */
  readonly logsDir?: string
}

/** Whether nothing was lost, altered, out of order or repeated without excuse, and nothing else is complained of. */
export function hasPassed(result: Verdict & Findings): boolean {
  const { lost, altered, outOfOrder, unexplained, complaints } = result
  return lost + altered + outOfOrder + unexplained + complaints.length === 0
}

/** Runs a case; `brokers` is the shared Kafka. A story that breaks off is a complaint. */
export async function runCase(flow: FlowCase, scale: Scale, brokers: readonly string[]): Promise<CaseResult> {
  if (flow.nodes === 0) return onKafka(flow, scale, { brokers, kafka: undefined })
  const kafka = await startLocalKafka({ nodes: flow.nodes })
  try {
    return await onKafka(flow, scale, { brokers: kafka.brokers, kafka })
  } finally {
    await kafka.stop()
  }
}

interface Place {
  readonly brokers: readonly string[]
  readonly kafka: LocalKafka | undefined
}

async function onKafka(flow: FlowCase, scale: Scale, place: Place): Promise<CaseResult> {
  const scene = await Scene.open(place)
  const startedMs = Date.now()
  let passed = false
  try {
    const findings = await flow.run(scene, scale).catch(brokenOff)
    const seconds = Math.round((Date.now() - startedMs) / 1000)
    const verdict = await scene.judge()
    const result = { case: flow.letter, title: flow.title, ...verdict, ...findings, seconds, logs: '' }
    passed = hasPassed(result)
    if (passed) return result
    const examples = await scene.lookInto(result.examples)
    return { ...result, examples, logs: await scene.logs(), logsDir: scene.dir }
  } finally {
    await scene.close(!passed)
  }
}

/** A story that broke off as what is to be complained of. */
export function brokenOff(error: unknown): Findings {
  return { complaints: [error instanceof Error ? (error.stack ?? error.message) : String(error)], notes: [] }
}
