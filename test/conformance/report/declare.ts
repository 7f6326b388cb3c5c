// Declares the tests of a suite, one for each behaviour of its menu, and notes what becomes of them in the file that
// `npm run conformance` names. A test that fails, hangs or never runs leaves a note less, which tells.

import { appendFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import type { Declare } from '../log.ts'

/** The environment variable that names the file; without it nothing is noted. */
export const notesVariable = 'TAILRACE_CONFORMANCE_NOTES'

export interface Suite {
  readonly side: 'targets' | 'sources'
  /** The kind of the connector in the registry. */
  readonly connector: string
  /** As it is called in the titles of its tests. */
  readonly name: string
}

/** One line of the file. A behaviour is declared first, and has a second note when it passed or does not apply. */
export interface Note {
  readonly suite: Suite
  readonly title: string
  readonly happened: 'declared' | 'passed' | 'lacks'
  /** Why it does not apply. */
  readonly reason?: string
}

interface Behaviour<Run> {
  readonly needs?: readonly string[]
  readonly run: Run
}

export interface Menu<Run> {
  readonly suite: Suite
  readonly behaviours: Readonly<Record<string, Behaviour<Run>>>
  /** Abilities, and why they are lacking. */
  readonly lacks: Readonly<Partial<Record<string, string>>>
  runCase(t: ExecutionContext, run: Run): Promise<void>
}

/** A behaviour that the protocol cannot have says why in the title of its test. */
export function declareMenu<Run>(test: Declare, { suite, behaviours, lacks, runCase }: Menu<Run>): void {
  for (const [title, { needs = [], run }] of Object.entries(behaviours)) {
    note({ suite, title, happened: 'declared' })
    const lacking = needs.find(ability => lacks[ability] !== undefined)
    if (lacking === undefined) {
      test(`${suite.name}: ${title}`, async t => {
        await runCase(t, run)
        if (t.passed) note({ suite, title, happened: 'passed' })
      })
    } else {
      const reason = lacks[lacking] ?? ''
      test(`${suite.name} does without: ${title} (${reason})`, async t => {
        t.regex(reason, /\w+ \w+ \w+/, 'a reason is a sentence')
        note({ suite, title, happened: 'lacks', reason })
      })
    }
  }
}

function note(entry: Note): void {
  const file = process.env[notesVariable]
  if (file) appendFileSync(file, `${JSON.stringify(entry)}\n`)
}
