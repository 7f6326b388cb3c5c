// `tailrace dead-letters list`: a table for people, lines of JSON for programs.

import { systemClock } from '../../../connectors/clock.ts'
import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { counted, printJson } from '../output.ts'
import { grouped, Progress } from '../terminal/progress.ts'
import { writeTable } from '../terminal/table.ts'
import { type Filter, type Finding, findLetters } from './find.ts'
import { type AnyLetter, anyLetterOf, jsonOf, originText, placeText, timeText } from './letter.ts'
import { type OwnerOption, withLetters } from './owner.ts'

export interface ListOptions extends Filter, OwnerOption {
  readonly json?: true
}

/** From so many records on it is shown how far the reading is. */
const longTopic = 10_000

const columns = [
  { title: 'PLACE' },
  { title: 'SET ASIDE' },
  { title: 'DEVICE' },
  { title: 'CODE' },
  { title: 'TRIES', isNumber: true },
  { title: 'ORIGIN' },
  { title: 'ANSWER' }
] as const

/** Lists on standard output; what is said beside it goes to standard error. */
export async function list(name: string, options: ListOptions): Promise<void> {
  await withLetters(name, options, async (admin, topic) => {
    const finding: Finding = { total: 0, read: 0, matched: 0, older: 0 }
    const letters = await findShown(admin, topic, { filter: options, finding })
    if (options.json) for (const letter of letters) printJson(jsonOf(letter))
    else {
      printLetters(letters)
      process.stderr.write(summary(letters.length, finding, topic))
    }
  })
}

/** Finds, and shows how far it is where that takes a while. */
async function findShown(
  admin: LogAdmin,
  topic: string,
  { filter, finding }: { filter: Filter; finding: Finding }
): Promise<AnyLetter[]> {
  const progress = progressOf(finding)
  const started = () => {
    if (finding.total >= longTopic) progress.start()
  }
  try {
    return await findLetters(admin, topic, { filter, finding, started, read: anyLetterOf })
  } finally {
    if (finding.total >= longTopic) progress.stop({ fields: {}, line: reading(finding) })
  }
}

function progressOf(finding: Finding): Progress {
  const options = { clock: systemClock, json: false, quiet: !process.stderr.isTTY, out: process.stderr }
  return new Progress(options, () => ({ fields: {}, line: reading(finding) }))
}

function reading({ read, total, matched }: Finding): string {
  return `Read ${grouped(read)} of ${grouped(total)} records, ${grouped(matched)} match`
}

function printLetters(letters: readonly AnyLetter[]): void {
  if (letters.length === 0) return
  const rows = letters.map(letter => [
    placeText(letter),
    timeText(letter.facts.timeMs),
    letter.device ?? '-',
    letter.facts.code,
    letter.facts.kind === 'refused' ? String(letter.facts.attempts) : '-',
    originText(letter.facts),
    letter.facts.answer
  ])
  writeTable(process.stdout, columns, rows)
}

function summary(shown: number, { matched, older }: Finding, topic: string): string {
  const more = Math.max(0, matched - shown) + older
  const hidden = more === 0 ? '' : `, ${grouped(more)} older not shown (--limit, --since)`
  return `${counted(shown, 'dead letter')} of ${topic}${hidden}\n`
}
