// Tells what became of a device's messages, from what Kafka knows.

import type { StreamReport } from '../../service/admin/status.ts'
import type { Ending } from '../../stream/receipts/receipt.ts'
import { timeText } from '../dead-letters/letter.ts'
import { counted, painter, printJson } from '../output.ts'
import { stateLines, troubledHere } from '../shared/running.ts'
import { type StreamOption, withStream } from '../shared/stream.ts'
import { grouped } from '../terminal/progress.ts'
import { writeTable } from '../terminal/table.ts'
import { ageText } from '../terminal/values.ts'
import { type DeviceFacts, readFacts } from './facts.ts'
import { receiptsOf, withReceipts } from './receipts.ts'
import { type Trace, trace } from './trace.ts'

export interface WhereOptions extends StreamOption {
  readonly device: string
  /** In ms. */
  readonly since: number
  readonly limit: number
  readonly everyPartition?: true
  readonly json?: true
}

/** What the stream writes down of what it delivers. */
interface Keeping {
  readonly ledger: boolean
  readonly receipts: boolean
}

interface Answer {
  readonly stream: string
  readonly device: string
  readonly facts: DeviceFacts
  readonly trace: Trace
  readonly keeps: Keeping
  /** Of those messages; empty where the stream keeps none. */
  readonly receipts: readonly Ending[]
  /** Of the process on this machine; null where the stream runs as it should, or not here. */
  readonly state: StreamReport | null
  readonly nowMs: number
}

export async function where(name: string, options: WhereOptions): Promise<void> {
  const { device, since, limit, everyPartition = false } = options
  await withStream(name, options, async stream => {
    const nowMs = Date.now()
    const facts = await readFacts(stream, device)
    const traced = await trace(stream, facts, { device, sinceMs: nowMs - since, limit, everyPartition })
    const receipts = await receiptsOf(stream, traced.messages)
    const found = withReceipts(traced, receipts)
    const state = await troubledHere({ ...stream.whole, group: stream.config.group }, name)
    const keeps = {
      ledger: stream.config.ledger !== undefined,
      receipts: stream.config.receipts !== undefined
    }
    const answer = {
      ...{ stream: name, device, facts, trace: found, keeps },
      ...{ receipts: [...receipts.values()], state, nowMs }
    }
    const isKnown =
      found.messages.length + facts.letters.length + facts.waiting.length + facts.ledger.size > 0
    process.exitCode = isKnown ? 0 : 1
    if (options.json) printJson(jsonOf(answer))
    else if (isKnown) print(answer)
    else {
      const places = found.places.join(', ')
      process.stdout.write(
        `Nothing is known of ${device}: no message in ${places} within ${ageText(since)}, none held, no dead letter.\n`
      )
    }
  })
}

const columns = [
  { title: 'PLACE' },
  { title: 'OFFSET', isNumber: true },
  { title: 'IN KAFKA SINCE' },
  { title: 'AGE', isNumber: true },
  { title: 'STATE' }
] as const

function print(answer: Answer): void {
  const { facts, trace: found, state, nowMs } = answer
  const lines = [
    ...deliveredLines(answer),
    ...owedLines(found, nowMs),
    ...(state === null ? [] : stateLines(state, nowMs)).map(
      (text, at): Line => [at === 0 ? 'the stream' : '', text]
    ),
    ...heldLines(facts, nowMs),
    ...letterLines(facts)
  ]
  const paint = painter(process.stdout)
  for (const [title, text] of lines) process.stdout.write(`${paint('bold', title.padEnd(16))}${text}\n`)
  if (found.messages.length === 0) return
  process.stdout.write('\n')
  const rows = found.messages.map(({ topic, partition, offset, timeMs, state, code }) => [
    `${topic}/${partition}`,
    String(offset),
    timeText(timeMs),
    ageText(nowMs - timeMs),
    code === null ? state : `${state}: ${code}`
  ])
  writeTable(process.stdout, columns, rows)
}

type Line = readonly [title: string, text: string]

function deliveredLines({ facts, keeps, receipts, stream, device }: Answer): Line[] {
  const more: Line[] = keeps.receipts
    ? [['receipts', `tailrace receipts list ${stream} --device ${device}`]]
    : []
  if (keeps.ledger) return [...ledgerLines(facts), ...more]
  if (keeps.receipts) return [...receiptLines(receipts), ...more]
  return [['delivered last', 'not known: the stream keeps neither a ledger (ledger: {}) nor receipts']]
}

/** The messages that are shown need not be all: of earlier ones nothing is said. */
function receiptLines(receipts: readonly Ending[]): Line[] {
  const last = receipts
    .filter(({ kind }) => kind === 'delivered')
    .reduce<Ending | null>((a, b) => (a === null || a.answered <= b.answered ? b : a), null)
  if (last === null) return [['delivered last', 'none of the messages below, as far as receipts tell']]
  const { offset, topic, received, answered, answer } = last
  const times = `in Kafka since ${timeText(Date.parse(received))}, confirmed ${timeText(Date.parse(answered))}`
  return [['delivered last', `offset ${offset} of ${topic}, ${times} (${answer})`]]
}

function ledgerLines({ ledger }: DeviceFacts): Line[] {
  if (ledger.size === 0) return [['delivered last', 'nothing yet, as far as the ledger knows']]
  return [...ledger.values()].flatMap(
    ({ topic, offset, messageMs, confirmedMs, answer, ...counts }): Line[] => {
      const said = answer === '' ? '' : ` (${answer})`
      const last =
        offset < 0
          ? `nothing yet of ${topic}`
          : `offset ${offset} of ${topic}, in Kafka since ${timeText(messageMs)}, confirmed ${timeText(confirmedMs)}${said}`
      const { delivered, deadLettered, expired } = counts
      const all = `${grouped(delivered)} delivered, ${grouped(deadLettered)} dead letters, ${grouped(expired)} too old`
      return [
        ['delivered last', last],
        ['in all', all]
      ]
    }
  )
}

function owedLines({ owed, oldestOwedMs }: Trace, nowMs: number): Line[] {
  const age = oldestOwedMs === null ? '' : `, the oldest in Kafka for ${ageText(nowMs - oldestOwedMs)}`
  return [['owed', owed === 0 ? 'nothing' : `${counted(owed, 'message')}${age}`]]
}

function heldLines({ waiting }: DeviceFacts, nowMs: number): Line[] {
  if (waiting.length === 0) return [['held', 'nothing']]
  return waiting.map(({ device: { count, sinceMs, why } }) => [
    'held',
    `${counted(count, 'message')} for ${ageText(nowMs - sinceMs)}: ${why.code}: ${why.answer}`
  ])
}

function letterLines({ letters }: DeviceFacts): Line[] {
  const last = letters.at(-1)
  if (last === undefined) return [['dead letters', 'none']]
  const { code, answer, timeMs } = last.facts
  return [['dead letters', `${grouped(letters.length)}, the last at ${timeText(timeMs)}: ${code}: ${answer}`]]
}

function jsonOf({ stream, device, facts, trace: found, state, nowMs }: Answer): unknown {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const { waiting, letters, ledger } = facts
  return {
    stream,
    device,
    at: iso(nowMs),
    ledger: [...ledger.values()].map(({ messageMs, confirmedMs, device: _, ...rest }) => ({
      ...rest,
      message: iso(messageMs),
      confirmed: iso(confirmedMs)
    })),
    owed: { messages: found.owed, oldest: found.oldestOwedMs === null ? null : iso(found.oldestOwedMs) },
    held: waiting.map(({ partition, device: one }) => ({
      ...{ topic: one.topic, partition, messages: one.count, since: iso(one.sinceMs) },
      ...one.why
    })),
    deadLetters: letters.length,
    ...(state !== null && { state: state.state, trouble: state.trouble }),
    messages: found.messages.map(({ timeMs, ...rest }) => ({ ...rest, time: iso(timeMs) }))
  }
}
