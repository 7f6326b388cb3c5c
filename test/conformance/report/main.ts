// `npm run conformance`: runs the conformance suites of all connectors and prints what each of them does, a table for
// targets and one for sources. The suites are found by their names, *conformance*.test.ts; a connector of the registry
// that has none counts as failed. Exit code 1 when anything failed. --json prints the tables as JSON.

import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { systemClock } from '../../../connectors/clock.ts'
import { registry } from '../../../connectors/registry.ts'
import { painter, printJson } from '../../../processors/commands/output.ts'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { Progress } from '../../../processors/commands/terminal/progress.ts'
import { runAva } from '../../ava/run-ava.ts'
import { notesVariable } from './declare.ts'
import { tableLines } from './lines.ts'
import { countOf, type Table, tally } from './tally.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())

const json = process.argv.includes('--json')
const folder = await mkdtemp(join(tmpdir(), 'tailrace-conformance-'))
try {
  process.exitCode = (await runAll(join(folder, 'notes.jsonl'))) ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Whether all is well. */
async function runAll(notes: string): Promise<boolean> {
  const { files, uncompiled } = await suiteFiles()
  const { passed, failed, told } = await runSuites(files, notes)
  const tables = tally(await readNotes(notes), {
    targets: registry.targets.map(({ kind }) => kind),
    sources: registry.sources.map(({ kind }) => kind)
  })
  const fails = countOf(tables, 'fail')
  const missing = tables.flatMap(table => table.missing)
  const isWell = failed === 0 && fails === 0 && missing.length === 0 && uncompiled.length === 0
  if (json) printJson({ passed, failed, tables, uncompiled, ok: isWell })
  else {
    if (failed > 0) process.stdout.write(`${told.join('\n')}\n`)
    print(tables)
    for (const file of uncompiled) process.stdout.write(`FAIL  ${file} was not compiled: npm run build\n`)
    if (failed > fails)
      process.stdout.write(`FAIL  ${failed - fails} failures beyond the tables: see above\n`)
  }
  return isWell
}

function print(tables: readonly Table[]): void {
  const paint = painter(process.stdout)
  process.stdout.write(`${tableLines(tables, paint).join('\n')}\n\n`)
  for (const table of tables) {
    const count = (kind: 'pass' | 'fail' | 'lacks') => countOf([table], kind)
    const totals = `${count('pass')} pass, ${count('fail')} FAIL, ${count('lacks')} do not apply`
    process.stdout.write(`${table.side}: ${totals}\n`)
  }
}

/** Runs them and shows how far it is; `told` is what AVA says beside the names of tests that passed. */
async function runSuites(files: readonly string[], notes: string) {
  const told: string[] = []
  let [count, bad, last] = [0, 0, '']
  const out = process.stderr
  const line = () => `${out.isTTY ? count : Math.floor(count / 25) * 25} done, ${bad} failed`
  const report = () => ({ fields: {}, line: out.isTTY ? `${line()}  ${last}` : line() })
  const progress = new Progress({ clock: systemClock, json: false, quiet: false, out }, report)
  progress.start()
  const totals = await runAva({
    arguments: files,
    env: { [notesVariable]: notes },
    colour: process.stdout.isTTY && !json,
    signal: interrupted.signal,
    onLine: text => {
      const plain = stripVTControlCharacters(text)
      if (/^ {2}[✔✘] /.test(plain)) {
        count++
        last = plain.slice(4)
      }
      if (plain.startsWith('  ✘ ')) bad++
      if (!/^ {2}✔ |^ {4}ℹ /.test(plain)) told.push(text)
    }
  })
  progress.stop({ fields: {}, line: `${count} done, ${bad} failed` })
  return { ...totals, told }
}

/** Found among the sources, since a test that was renamed stays in dist. */
async function suiteFiles(): Promise<{ files: string[]; uncompiled: string[] }> {
  const found = await readdir(packageRoot('test'), { recursive: true })
  const suites = found.filter(path => /[^/]*conformance[^/]*\.test\.ts$/.test(path)).sort()
  const compiled = suites.map(path => join('dist/test', path.replace(/\.ts$/, '.js')))
  const isThere = (path: string) => existsSync(packageRoot(path))
  return { files: compiled.filter(isThere), uncompiled: compiled.filter(path => !isThere(path)) }
}

async function readNotes(file: string) {
  const text = existsSync(file) ? await readFile(file, 'utf8') : ''
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
}
