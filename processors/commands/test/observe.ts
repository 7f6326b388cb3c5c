// Plays one case and tells what came of it, in the terms in which a policy test expects it.

import { letterOf } from '../dead-letters/letter.ts'
import { readWaiting } from '../held/waiting.ts'
import { Stage } from './stage.ts'
import { requestText } from './suite/lines.ts'
import type { TestCase } from './suite/suite.ts'

/** How long a case may go on that says nothing of it. */
const longestMs = 3_600_000
/** Until what has ended is committed. */
const commitMs = 1_000

/** What came of a case; each part as lines of text. */
export interface Observed {
  readonly requests: readonly string[]
  readonly delivered: readonly string[]
  /** What the target got of each message, by its name: JSON. */
  readonly sent: ReadonlyMap<string, string>
  readonly deadLetters: readonly string[]
  readonly held: readonly string[]
  readonly offset: number
  readonly counts: Readonly<Record<string, number>>
  readonly state: string
  /** Something was left to do when it ended, after an hour. */
  readonly isCutOff: boolean
}

/** What of a case is played. */
export type Playable = Pick<
  TestCase,
  'sendings' | 'deeds' | 'values' | 'untilMs' | 'config' | 'topics' | 'stage'
>

export async function play(test: Playable): Promise<Observed> {
  const stage = new Stage(test.stage())
  await stage.open()
  const timeline = [
    ...test.sendings.map(({ atMs, names }) => ({ atMs, act: () => stage.send(names, test.values) })),
    ...test.deeds.map(deed => ({ atMs: deed.atMs, act: () => stage.do(deed) }))
  ].toSorted((a, b) => a.atMs - b.atMs)
  for (const { atMs, act } of timeline) {
    await stage.passUntil(atMs)
    await act()
  }
  if (test.untilMs !== null) await stage.passUntil(test.untilMs)
  else {
    await stage.passUntil(longestMs, () => isAtRest(stage))
    await stage.passUntil(stage.atMs + commitMs)
  }
  const isCutOff = test.untilMs === null && !isAtRest(stage)
  const state = stateOf(stage)
  const [held, offset] = [await heldOf(stage, test), await offsetOf(stage, test)]
  await stage.close()
  return {
    requests: stage.requests.made.map(requestText),
    delivered: stage.requests.delivered,
    sent: stage.requests.sent,
    deadLetters: await deadLettersOf(stage, test),
    held,
    offset,
    counts: Object.fromEntries(stage.ended),
    state,
    isCutOff
  }
}

/** Nothing is pending, unread or held. */
function isAtRest(stage: Stage): boolean {
  const { lag, partitions } = stage.stream.status()
  return lag === 0 && partitions.every(({ settledTo, end }) => settledTo === end)
}

function stateOf(stage: Stage): string {
  const { state, trouble } = stage.stream.status()
  return trouble === undefined ? state : `${state} ${trouble.code}`
}

async function heldOf(stage: Stage, { config }: Playable): Promise<string[]> {
  const waiting = await readWaiting(stage.log.admin(), config)
  return waiting.map(({ device: { key, count, why } }) => `${stage.deviceOf(key)} ${count} ${why.code}`)
}

async function offsetOf(stage: Stage, { config, topics }: Playable): Promise<number> {
  const commits = await stage.log.admin().committed(config.group, topics)
  return commits.reduce((sum, { next }) => sum + (next ?? 0), 0)
}

async function deadLettersOf(stage: Stage, { config }: Playable): Promise<string[]> {
  const admin = stage.log.admin()
  const { topic } = config.deadLetters
  if ((await admin.topic(topic)) === null) return []
  const lines: string[] = []
  for (const { partition, start, end } of await admin.ranges(topic))
    for await (const record of admin.read({ topic, partition, from: start, to: end })) {
      const facts = letterOf(partition, record)?.facts
      if (facts === undefined) continue
      const origin = { topic: facts.originTopic, partition: facts.originPartition }
      lines.push(`${stage.nameAt(origin, facts.originOffset)} ${facts.code}`)
    }
  return lines
}
