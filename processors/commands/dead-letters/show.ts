// `tailrace dead-letters show`: one dead letter with its message, whose bytes are the original's.

import { isUtf8 } from 'node:buffer'
import type { LogAdmin, LogRecord } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { painter, printJson } from '../output.ts'
import { printable } from '../terminal/table.ts'
import { type AnyLetter, anyLetterOf, jsonOf, originText, timeText } from './letter.ts'
import { type OwnerOption, withLetters } from './owner.ts'

export interface ShowOptions extends OwnerOption {
  readonly raw?: true
  readonly json?: true
}

export interface Place {
  readonly partition: number
  readonly offset: number
}

/** Throws `dead_letter_missing` when there is none at `place`. */
export async function show(name: string, place: Place, options: ShowOptions): Promise<void> {
  await withLetters(name, options, async (admin, topic) => {
    const { record, letter } = await readLetter(admin, topic, place)
    const value = record.value ?? Buffer.alloc(0)
    if (options.raw) process.stdout.write(value)
    else if (options.json) printJson({ ...jsonOf(letter), ...valueJson(value) })
    else process.stdout.write(pageOf(letter, value))
  })
}

async function readLetter(admin: LogAdmin, topic: string, { partition, offset }: Place) {
  const missing = (cause?: unknown) =>
    new FaultError('dead_letter_missing', { detail: `${partition}:${offset} of ${topic}`, cause })
  try {
    for await (const record of admin.read({ topic, partition, from: offset, to: offset + 1 })) {
      const letter = anyLetterOf(partition, record)
      if (letter !== null) return { record, letter } satisfies { record: LogRecord; letter: AnyLetter }
    }
  } catch (error) {
    const gone =
      error instanceof FaultError && (error.code === 'position_lost' || error.code === 'topic_missing')
    throw gone ? missing(error) : error
  }
  throw missing()
}

/** Text where it is text, or nobody could get the bytes back. */
function valueJson(value: Buffer): Readonly<Record<string, string>> {
  return isUtf8(value) ? { value: value.toString() } : { valueBase64: value.toString('base64') }
}

function pageOf(letter: AnyLetter, value: Buffer): string {
  const { facts, device } = letter
  const lines = [
    ['device', device ?? '(none)'],
    ['code', facts.code],
    ['reason', facts.reason],
    ['answer', facts.answer],
    ...(facts.kind === 'refused' ? [['attempts', String(facts.attempts)]] : []),
    ['set aside', timeText(facts.timeMs)],
    facts.kind === 'refused'
      ? ['origin', `${originText(facts)}, ${timeText(facts.originTimeMs)}`]
      : ['from', facts.from],
    ...(facts.kind === 'unread' && facts.cutFrom !== null
      ? [['cut', `it had ${facts.cutFrom} bytes, too many for Kafka`]]
      : [])
  ]
  const paint = painter(process.stdout)
  const head = lines.map(([name = '', text = '']) => `${paint('bold', name.padEnd(9))}  ${printable(text)}\n`)
  return `${head.join('')}\n${printable(value.toString(), 'lines')}\n`
}
