// What a filter costs a stream: processor time of the service per message read, with a filter and without, in runs that
// take turns. A message that is filtered out saves its sending, so the first filter lets all pass; it is the one that
// tells what decoding and evaluating cost.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { uniqueName } from '../../kafka.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import type { Arrivals } from '../forward/judge.ts'
import type { ForwardOptions } from '../forward/systems.ts'
import { benchLog, loadFleet, withKafka } from '../kafka.ts'
import { type Measurement, measure, medianRow, round2 } from '../measure.ts'
import { filter } from './candidates.ts'

const topicShape = { partitions: 6, copies: 132, messages: 1_500_000 }
const request = { batch: 100, inFlight: 64 }

/** A new process spends a second on compiling itself, with a filter or without, which would hide much of a filter. */
const warmUpMessages = 500_000

/** Each is run twice in a block, there and back: A B C C B A. */
const blocks = 2

/** With the filter at most so many times the processor time of the stream without. */
const bound = 1.6

/** By name; null is no filter at all. */
const variants: Readonly<Record<string, string | null>> = {
  'no filter': null,
  'all pass': 'position.speed > -1 && exists("position.latitude")',
  'some pass': filter
}

export const filterBench: Bench = {
  summary: 'Kafka to an HTTP receiver with a filter and without: processor time per message read',
  run: context =>
    withKafka(context, async brokers => {
      const receiver = fork(fileURLToPath(new URL('../forward/receiver.js', import.meta.url)))
      try {
        const [{ url }] = await once(receiver, 'message')
        const topic = uniqueName('filter')
        await loadFleet(benchLog(brokers), { name: topic, ...topicShape }, context)
        const { partitions, messages } = topicShape
        const options = { ...request, brokers, topic, partitions, messages, url, warmUpMessages }
        return await compare(receiver, options, context)
      } finally {
        receiver.disconnect()
      }
    })
}

interface VariantRuns {
  readonly measured: Measurement[]
  /** Shares of the messages that arrived, in percent. */
  readonly passed: number[]
}

async function compare(
  receiver: ChildProcess,
  options: ForwardOptions,
  { progress }: BenchContext
): Promise<Row[]> {
  const names = Object.keys(variants)
  const runs = new Map<string, VariantRuns>(names.map(name => [name, { measured: [], passed: [] }]))
  for (let block = 1; block <= blocks; block++) {
    for (const name of [...names, ...names.toReversed()]) {
      const { measured, arrivals } = await runOnce(receiver, name, options)
      runs.get(name)?.measured.push(measured)
      runs.get(name)?.passed.push((arrivals.distinct / options.messages) * 100)
      progress(`block ${block} of ${blocks}, ${name}: ${round2(perMillion(measured))} CPU s per million`)
    }
  }
  return names.map(name => rowOf(name, runs))
}

async function runOnce(receiver: ChildProcess, name: string, options: ForwardOptions) {
  const source = variants[name] ?? null
  const steps = source === null ? [] : [{ filter: source }]
  const module = new URL('../forward/systems.js', import.meta.url).href
  receiver.send({ latencyMs: 0 })
  const measured = await measure({ name: 'tailrace', module, options: { ...options, steps } })
  receiver.send('judge')
  // What receiver.ts sends.
  const [arrivals]: Arrivals[] = await once(receiver, 'message')
  if (arrivals === undefined) throw new Error('the receiver judged nothing')
  return { measured, arrivals }
}

function rowOf(name: string, runs: ReadonlyMap<string, VariantRuns>): Row {
  const { measured, passed } = runs.get(name) ?? { measured: [], passed: [] }
  const costs = measured.map(perMillion)
  const ratio = median(costs) / median(runs.get('no filter')?.measured.map(perMillion) ?? [])
  const { messagesPerSecond, peakRssMb } = medianRow(measured)
  return {
    stream: name,
    filter: variants[name] ?? '',
    passedPercent: round2(Math.min(...passed)),
    runs: measured.length,
    messagesPerSecond,
    peakRssMb,
    cpuSecondsPerMillionRead: round2(median(costs)),
    least: round2(Math.min(...costs)),
    most: round2(Math.max(...costs)),
    ratio: round2(ratio),
    ...(name === 'no filter' ? {} : { bound, isMet: ratio <= bound ? 'yes' : 'no' })
  }
}

function perMillion({ cpuSeconds, messages }: Measurement): number {
  return (cpuSeconds / messages) * 1e6
}

/** Between the two in the middle where the number is even. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}
