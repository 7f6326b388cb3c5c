// The messages that something is tried on: given on the command line or in a file, or the last ones of a channel.

import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { systemClock } from '../../../connectors/clock.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import type { LogAdmin, LogRecord } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { own, parseJson } from '../../../connectors/shared/json/values.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import { decodeFields, encodeJson } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import type { KeyedRecord } from '../../stream/assignment/subscription.ts'

export interface Given {
  readonly value: Buffer
  /** The Kafka key or, where it was given, its ident. */
  readonly device: string
  readonly timestampMs: number
  /** What it is called: `message 2`, `fleet/3 @ 1234`. */
  readonly place: string
}

export interface GivenOptions {
  readonly message: readonly string[]
  readonly file?: string
}

/** Throws `usage` for what is no JSON, and `file_unreadable`. */
export async function givenMessages({ message, file }: GivenOptions): Promise<Given[]> {
  const texts = [
    ...message.map((json, index) => ({ json, from: `--message ${index + 1}` })),
    ...(file === undefined ? [] : await readMessages(file))
  ]
  return texts.map(({ json, from }, index) => {
    const value = parseJson(json)
    if (value === undefined)
      throw new FaultError('usage', { detail: `${from} is no JSON: ${json.slice(0, 80)}` })
    const ident = own(value, 'ident')
    return {
      value: Buffer.from(json),
      device: typeof ident === 'string' ? ident : '',
      timestampMs: systemClock.now(),
      place: texts.length === 1 ? '' : `message ${index + 1}`
    }
  })
}

/** One JSON object a line, or an array of them. */
async function readMessages(path: string): Promise<{ json: string; from: string }[]> {
  const content = await (path === '-' ? text(process.stdin) : readFile(path, 'utf8')).catch(cause => {
    throw new FaultError('file_unreadable', { path, detail: messageOf(cause), cause })
  })
  const wrapped = Buffer.from(`{"list":${content}}`)
  const list = content.trimStart().startsWith('[')
    ? decodeFields(wrapped, 0, wrapped.length)?.list
    : undefined
  if (Array.isArray(list))
    return list.map((one: Json, index) => ({ json: encodeJson(one), from: `${path}, entry ${index + 1}` }))
  return content.split('\n').flatMap((line, index) => {
    const json = line.trim()
    return json === '' ? [] : [{ json, from: `${path}, line ${index + 1}` }]
  })
}

/** Runs `act` with a way to the Kafka of the configuration, which is closed after it. */
export async function withAdmin(config: Config, act: (admin: LogAdmin) => Promise<void>): Promise<void> {
  const admin = kafkaLog(config.kafka, { log: () => {}, clock: systemClock }).admin()
  try {
    await act(admin)
  } finally {
    await admin.close()
  }
}

export interface LastOptions {
  readonly topics: readonly string[]
  readonly count: number
  /** Which are looked at; null: all. */
  readonly isWanted?: ((record: KeyedRecord) => boolean) | null
}

/** So many records of a partition are looked through for those that are wanted. */
const lookedThrough = 10_000

/** The last messages of the topics, by when Kafka got them, the oldest first. */
export async function lastMessages(
  admin: LogAdmin,
  { topics, count, isWanted = null }: LastOptions
): Promise<Given[]> {
  const found: Given[] = []
  for (const topic of topics)
    for (const { partition, start, end } of await admin.ranges(topic)) {
      const from = Math.max(start, end - (isWanted === null ? count : Math.max(count, lookedThrough)))
      const range = { topic, partition, from, to: end }
      const ofPartition: Given[] = []
      for await (const record of admin.read(range)) {
        const given = givenOf(record, range)
        if (given === null || (isWanted !== null && !isWanted(keyedRecord(record, range)))) continue
        ofPartition.push(given)
        if (ofPartition.length > 2 * count) ofPartition.splice(0, count)
      }
      found.push(...ofPartition.slice(-count))
    }
  return found.sort((a, b) => a.timestampMs - b.timestampMs).slice(-count)
}

function givenOf(
  { key, value, offset, timestampMs }: LogRecord,
  { topic, partition }: TopicPartition
): Given | null {
  if (value === null) return null
  const place = `${topic}/${partition} @ ${offset}`
  return { value: Buffer.from(value), device: key?.toString() ?? '', timestampMs, place }
}

/** A record as the stream looks at it to tell whether it wants it. */
export function keyedRecord(
  { key, timestampMs }: Pick<LogRecord, 'key' | 'timestampMs'>,
  { topic, partition }: TopicPartition
): KeyedRecord {
  const bytes = key ?? Buffer.alloc(0)
  return {
    origin: { topic, partition },
    bytes,
    keyStart: 0,
    keyEnd: key === null ? -1 : key.length,
    timestampMs
  }
}
