// Plays messages through the stream of a page: its configuration is read as `tailrace run` reads it, and the engine, the
// steps and the target are those of production, over a log in memory.

import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { createTarget, registry } from '../../../connectors/registry.ts'
import { readAttributes } from '../../../processors/attributes/attributes.ts'
import { letterOf } from '../../../processors/commands/dead-letters/letter.ts'
import { loadConfig } from '../../../processors/service/config/load.ts'
import { streamOptions } from '../../../processors/service/streams/build.ts'
import { surroundingsOf } from '../../../processors/service/streams/steps.ts'
import { silentMeter } from '../../../processors/stream/meter.ts'
import { Stream } from '../../../processors/stream/stream.ts'
import { channelsOf, ttlMsOf } from '../../../schemas/stream.ts'
import { until } from '../../flows/harness/until.ts'
import { folder } from '../../processors/commands/shared/output.ts'
import { type Page, userConfig } from './pages.ts'

const budget = { windowBytes: 16_777_216, maxFetchBytes: 1_048_576 }
const drainMs = 2_000

export interface Played {
  readonly delivered: number
  readonly filtered: number
  /** Messages that wait with their devices. */
  readonly held: number
  /** Why messages were set aside, in order. */
  readonly deadLetters: readonly string[]
  /** The code of what keeps the stream from delivering. */
  readonly trouble: string | null
}

/** A message as a channel has it; its key is its `ident`. */
export type Given = Readonly<Record<string, unknown>> & { readonly ident: string }

export interface Playing {
  /** Stands for the host of the platform. */
  readonly url: string
  readonly messages: readonly Given[]
  /** Ends the play besides: the platform has refused, and keeps refusing. Default: when all messages have ended. */
  readonly isOver?: () => boolean
  /** Instead of what the page's variables hold. */
  readonly env?: Readonly<Record<string, string>>
}

/** Resolves once every message has ended, or the stream has halted. */
export async function play(t: ExecutionContext, page: Page, playing: Playing): Promise<Played> {
  const { url, messages, env = {}, isOver = () => false } = playing
  const { stream, log } = await streamOf(t, page, { url, env })
  const producer = log.producer()
  const records = messages.map(message => ({
    key: Buffer.from(message.ident),
    value: Buffer.from(JSON.stringify(message)),
    partition: 0
  }))
  await producer.append('fleet', records)
  await stream.start()
  const isHalted = () => stream.status().state === 'halted'
  const haveEnded = () => {
    const { accounts, pending } = stream.status()
    return accounts.read >= messages.length && pending === 0
  }
  await until('every message has ended', () => haveEnded() || isHalted() || isOver())
  const { accounts, held, trouble } = stream.status()
  await stream.stop(drainMs)
  const { delivered, filtered } = accounts
  return {
    ...{ delivered, filtered, held: held.messages },
    trouble: trouble?.code ?? null,
    deadLetters: await deadLettersOf(log)
  }
}

async function streamOf(t: ExecutionContext, page: Page, at: Required<Pick<Playing, 'url' | 'env'>>) {
  const { files, env } = userConfig(page, at.url)
  const cwd = folder(t, files)
  const loaded = loadConfig(join(cwd, 'tailrace.yaml'), { registry, env: { ...env, ...at.env } })
  const { config, mask } = loaded
  const [[name, found] = []] = Object.entries(config.streams)
  if (name === undefined || found === undefined) throw new Error(`${page.name} has no stream`)
  const wanted = { ...found, start: 'earliest', deadLetters: { ...found.deadLetters, topic: deadLetters } }
  const log = new MemoryLog({ clock: systemClock })
  const { channels } = config
  for (const channel of channelsOf(wanted)) log.create(channels[channel]?.topic ?? channel, 1)
  const attributes = config.attributes && readAttributes(config.attributes, cwd).attributes
  const target = await createTarget(registry, wanted.target, {
    ...{ clock: systemClock, log: () => {}, mask, stream: name },
    ttlMs: ttlMsOf(wanted)
  })
  const surroundings = surroundingsOf(config, attributes)
  const stream = new Stream(
    streamOptions({ name, config: wanted, channels, sinceMs: 0, budget, surroundings }),
    {
      clock: systemClock,
      log: () => {},
      reached: () => {},
      meter: silentMeter,
      admin: log.admin(),
      target,
      producer: log.producer(),
      consumer: options => log.consumer(options)
    }
  )
  t.teardown(() => stream.stop(0))
  return { stream, log }
}

const deadLetters = 'dead-letters'

async function deadLettersOf(log: MemoryLog): Promise<string[]> {
  const admin = log.admin()
  if ((await admin.topic(deadLetters)) === null) return []
  const codes: string[] = []
  for (const { partition, start, end } of await admin.ranges(deadLetters))
    for await (const record of admin.read({ topic: deadLetters, partition, from: start, to: end })) {
      const letter = letterOf(partition, record)
      if (letter !== null) codes.push(letter.facts.code)
    }
  return codes
}
