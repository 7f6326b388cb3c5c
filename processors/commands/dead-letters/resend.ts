// Hands dead letters back to their stream: they are appended to its held topic, so that they reach this stream's target
// only, each behind what waits of its device. What was handed over is known by the places of the letters, which stand in
// the held topic, so a run that was broken off goes on where it stopped; and letters that come back are not resent again
// and again.

import { systemClock } from '../../../connectors/clock.ts'
import type { PartitionRange } from '../../../connectors/kafka/log/log.ts'
import { heldOptions } from '../../stream/held/held.ts'
import { resentMessage } from '../../stream/held/held-record.ts'
import { ensureHeldTopic } from '../../stream/held/topic.ts'
import { counted, printJson } from '../output.ts'
import { type StreamOption, type StreamView, withStream } from '../shared/stream.ts'
import { confirm } from '../terminal/confirm.ts'
import { grouped, Progress } from '../terminal/progress.ts'
import { type Found, lettersIn, type Matching, rangesOf } from './find.ts'
import { type Letter, letterOf, placeText } from './letter.ts'
import { Pacer } from './pacer.ts'
import { readResent } from './resent.ts'

export interface ResendOptions extends StreamOption, Matching {
  readonly dryRun?: true
  /** Letters per second. */
  readonly rate?: number
  readonly again?: true
  readonly yes?: true
  readonly json?: true
}

/** A letter that came back so often is left alone, unless it is asked for. */
const maxResent = 3
const appendSize = 100

interface Work {
  readonly stream: StreamView
  readonly options: ResendOptions
  /** What is read: letters that come back meanwhile lie behind it. */
  readonly ranges: readonly PartitionRange[]
  /** The places of the letters that were handed over before. */
  readonly before: ReadonlySet<string>
}

/** What becomes of the letters that match. */
interface Counts {
  resent: number
  devices: Set<string>
  before: number
  often: number
  elsewhere: number
}

export async function resend(name: string, options: ResendOptions): Promise<void> {
  await withStream(name, options, async stream => {
    const { admin, config, topics } = stream
    const ranges = await rangesOf(admin, config.deadLetters.topic, options)
    const before = await readResent(admin, config.held.topic)
    const work = { stream, options, ranges, before }
    const counts = await plan(work)
    if (!options.json) process.stderr.write(planText(counts))
    if (counts.resent > 0 && options.dryRun !== true) {
      const question = `Resend ${counted(counts.resent, 'dead letter')} to ${name}?`
      if (options.yes !== true && !(await confirm(question))) {
        process.stdout.write('Nothing was resent.\n')
        process.exitCode = 1
        return
      }
      await ensureHeldTopic(admin, { ...heldOptions(config), topics }, () => {})
      await carryOut(work, counts.resent)
    }
    tell(name, counts, options)
  })
}

async function plan(work: Work): Promise<Counts> {
  const counts: Counts = { resent: 0, devices: new Set(), before: 0, often: 0, elsewhere: 0 }
  for await (const { letter } of letters(work)) {
    const why = skipped(letter, work)
    if (why !== null) counts[why]++
    else {
      counts.resent++
      counts.devices.add(letter.device ?? '')
    }
  }
  return counts
}

/** Why a letter is left alone; null when it is to be resent. */
function skipped(letter: Letter, { stream, options, before }: Work): 'before' | 'often' | 'elsewhere' | null {
  if (!stream.topics.includes(letter.facts.originTopic)) return 'elsewhere'
  if (options.again) return null
  if (before.has(placeText(letter))) return 'before'
  return letter.facts.resent >= maxResent ? 'often' : null
}

async function* letters({ stream, options, ranges }: Work): AsyncGenerator<Found<Letter>> {
  const finding = { total: 0, read: 0, matched: 0, older: 0 }
  const { admin, config } = stream
  for (const range of ranges)
    yield* lettersIn(admin, config.deadLetters.topic, { range, filter: options, finding, read: letterOf })
}

/** Appends in order, as fast as is wanted. */
async function carryOut(work: Work, total: number): Promise<void> {
  const { stream, options } = work
  let done = 0
  const line = () => `Resent ${grouped(done)} of ${grouped(total)}`
  const progress = new Progress(
    {
      clock: systemClock,
      json: false,
      quiet: options.json === true || !process.stderr.isTTY,
      out: process.stderr
    },
    () => ({ fields: {}, line: line() })
  )
  const pacer = new Pacer(systemClock, options.rate ?? Number.POSITIVE_INFINITY)
  const batch: Found<Letter>[] = []
  const flush = async () => {
    await pacer.take(batch.length)
    await stream.producer.append(stream.config.held.topic, batch.map(recordOf))
    done += batch.length
    batch.length = 0
  }
  progress.start()
  try {
    for await (const found of letters(work)) {
      if (skipped(found.letter, work) !== null) continue
      batch.push(found)
      if (batch.length >= Math.min(appendSize, Math.max(1, options.rate ?? appendSize))) await flush()
    }
    if (batch.length > 0) await flush()
  } finally {
    progress.stop({ fields: {}, line: line() })
  }
}

function recordOf({ letter, record }: Found<Letter>) {
  const { facts } = letter
  return resentMessage(
    record,
    {
      topic: facts.originTopic,
      offset: facts.originOffset,
      timestampMs: facts.originTimeMs,
      code: facts.code,
      answer: facts.answer,
      heldMs: Date.now(),
      resent: facts.resent + 1,
      letter: placeText(letter),
      isRaw: facts.isRaw,
      sequence: facts.sequence
    },
    facts.originPartition
  )
}

function planText({ resent, devices, before, often, elsewhere }: Counts): string {
  const lines = [`${counted(resent, 'dead letter')} of ${counted(devices.size, 'device')} to be resent.`]
  if (before > 0) lines.push(`${counted(before, 'letter')} left alone: resent before (--again).`)
  if (often > 0)
    lines.push(`${counted(often, 'letter')} left alone: came back ${maxResent} times or more (--again).`)
  if (elsewhere > 0)
    lines.push(`${counted(elsewhere, 'letter')} left alone: of a channel that the stream does not read.`)
  return `${lines.join('\n')}\n`
}

function tell(stream: string, counts: Counts, { json, dryRun }: ResendOptions): void {
  const { devices, before, often, elsewhere } = counts
  const resent = dryRun ? 0 : counts.resent
  const leftAlone = { before, often, elsewhere }
  if (json) printJson({ stream, found: counts.resent, resent, devices: devices.size, leftAlone })
  else if (resent > 0)
    process.stdout.write(
      `${counted(resent, 'dead letter')} resent; "tailrace held ${stream}" shows what waits.\n`
    )
}
