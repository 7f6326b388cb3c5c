// The messages that something is tried on: given on the command line or in a file, or the last ones of a channel.

import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { systemClock } from '../../../connectors/clock.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { own, parseJson } from '../../../connectors/shared/json/values.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'

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
  const whole = content.trimStart().startsWith('[') ? parseJson(content) : undefined
  if (Array.isArray(whole))
    return whole.map((one: unknown, index) => ({
      json: JSON.stringify(one),
      from: `${path}, entry ${index + 1}`
    }))
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

/** The last messages of the topics, by when Kafka got them, the oldest first. */
export async function lastMessages(
  admin: LogAdmin,
  topics: readonly string[],
  count: number
): Promise<Given[]> {
  const found: Given[] = []
  for (const topic of topics)
    for (const { partition, start, end } of await admin.ranges(topic)) {
      const from = Math.max(start, end - count)
      for await (const record of admin.read({ topic, partition, from, to: end })) {
        const { key, value, offset, timestampMs } = record
        if (value === null) continue
        const place = `${topic}/${partition} @ ${offset}`
        found.push({ value: Buffer.from(value), device: key?.toString() ?? '', timestampMs, place })
      }
    }
  return found.sort((a, b) => a.timestampMs - b.timestampMs).slice(-count)
}
