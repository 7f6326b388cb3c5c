// Ten bad messages among ten thousand, in batches of 500 of which the receiver refuses any that holds a bad one: exactly
// these ten are set aside, as they were and with the facts, and all others are delivered once.

import type { LogRecord } from '../../../connectors/kafka/log/log.ts'
import { decodeFacts } from '../../../processors/stream/settlement/dead-letter.ts'
import { uniqueName } from '../../kafka.ts'
import { Fleet, type FleetMessage } from '../harness/fleet.ts'
import { untilNoneIsLeft } from '../harness/until.ts'
import { complaintsAbout } from './arrivals.ts'
import { type EnginePromise, median, unless } from './promise.ts'
import { refusal, Sink } from './sink.ts'
import type { Stage } from './stage.ts'

const messages = 10_000
const batch = 500
const badMessages = 10
const maxExtraRequests = 180

interface Round {
  readonly complaints: readonly string[]
  readonly extraRequests: number
}

export const poison: EnginePromise = {
  name: 'poison',
  title: 'bad messages in full batches are set aside alone',
  async run(stage, { rounds }) {
    const results: Round[] = []
    for (let round = 0; round < rounds; round++) results.push(await runRound(stage))
    const extraRequests = results.map(result => result.extraRequests)
    return {
      complaints: results.flatMap(({ complaints }) => complaints),
      shortfalls: [],
      figures: { extraRequests, medianExtraRequests: median(extraRequests), maxExtraRequests }
    }
  }
}

async function runRound(stage: Stage): Promise<Round> {
  const chosen = randomNumbers()
  const bad = new Map<string, FleetMessage>()
  const topic = await stage.createTopic()
  const fleet = new Fleet()
  let filled = 0
  const told = (message: FleetMessage) => {
    if (chosen.has(filled++)) bad.set(`${message.device}:${message.seq}`, message)
  }
  await stage.fill(topic, { fleet, messages, told })
  const isBad = (device: string, seq: number) => bad.has(`${device}:${seq}`)
  const sink = await Sink.open(stage, { latencyMs: 10, isBad })
  const group = uniqueName('poison')
  const target = { http: { url: sink.url, maxMessages: batch } }
  const instance = await stage.start({ topic, streams: { acme: { group, target } } })
  await untilNoneIsLeft(() => messages - badMessages - sink.ledger.distinct)
  const stored = await stage.settled(group, topic)
  await stage.stop(instance)
  const extraRequests = sink.requests - messages / batch
  const letters = (await stage.cluster.records(`${group}.dead-letters`)).flat()
  const origins = await stage.cluster.records(topic)
  return {
    extraRequests,
    complaints: [
      ...complaintsAbout(sink.ledger, { sent: fleet.issued, stored, isBad }),
      ...letters.flatMap(letter => complaintsAboutLetter(letter, [...bad.values()], origins)),
      ...unless(
        [letters.length === badMessages, `${letters.length} dead letters instead of ${badMessages}`],
        [
          new Set(letters.map(({ value }) => String(value))).size === letters.length,
          'a dead letter came twice'
        ],
        [extraRequests <= maxExtraRequests, `${extraRequests} extra requests, more than ${maxExtraRequests}`]
      )
    ]
  }
}

/** Different numbers of messages, at random. */
function randomNumbers(): ReadonlySet<number> {
  const numbers = new Set<number>()
  while (numbers.size < badMessages) numbers.add(Math.floor(Math.random() * messages))
  return numbers
}

/** It must be one of the bad messages byte for byte, and its facts must lead to the original. */
function complaintsAboutLetter(
  { key, value, headers }: LogRecord,
  bad: readonly FleetMessage[],
  origins: readonly (readonly LogRecord[])[]
): string[] {
  const isSame = (one: { key: Buffer | null; value: Buffer | null }) =>
    Buffer.compare(one.key ?? empty, key ?? empty) === 0 &&
    Buffer.compare(one.value ?? empty, value ?? empty) === 0
  const facts = decodeFacts(headers)
  const origin = origins[facts?.originPartition ?? -1]?.[facts?.originOffset ?? -1]
  return unless(
    [bad.some(isSame), `a dead letter is none of the bad messages: ${value}`],
    [facts?.code === 'http_rejected', `a dead letter says ${facts?.code}`],
    [facts?.answer === `HTTP 400: ${refusal}`, `a dead letter gives as answer: ${facts?.answer}`],
    [facts !== null && facts.attempts >= 1, `a dead letter counts ${facts?.attempts} attempts`],
    [origin !== undefined && isSame(origin), 'a dead letter does not name the place of its original']
  )
}

const empty = Buffer.alloc(0)
