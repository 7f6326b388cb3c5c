// The generated files are what the definitions say, and staleness is noticed.

import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'

function generate(...args: string[]) {
  const script = packageRoot('dist/processors/commands/generate.js')
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, stderr }
}

test('the committed files are up to date', t => {
  t.deepEqual(generate('--check'), { status: 0, stderr: '' })
})

test('a stale file is named, and generating mends it', t => {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-generate-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const chart = join(dir, 'chart')
  const places = ['--dir', dir, '--chart', chart]
  t.is(generate(...places).status, 0)
  t.is(generate('--check', ...places).status, 0)
  for (const path of [join(dir, 'errors.md'), join(chart, 'rules/tailrace.yaml')]) {
    appendFileSync(path, 'by hand')
    const { status, stderr } = generate('--check', ...places)
    t.is(status, 1)
    t.true(stderr.startsWith(`stale: ${path}\n`))
    t.is(generate(...places).status, 0)
    t.is(generate('--check', ...places).status, 0)
  }
})

test('editors do not ask for what has a default, and take references', t => {
  const schema = JSON.parse(readFileSync(packageRoot('schemas/generated/tailrace.schema.json'), 'utf8'))
  t.deepEqual(schema.required, ['kafka'])
  const { http } = Object.values<typeof schema>(schema.properties.streams.patternProperties)[0].properties
    .target.properties
  t.deepEqual(http.required, ['url'])
  const forms: { pattern: string }[] = http.properties.url.anyOf
  t.true(forms.some(({ pattern }) => new RegExp(pattern).test('${env:ACME_URL}')))
})

test('every row of a table is one line, whatever its text', t => {
  const pages = ['errors.md', 'events.md', 'metrics.md', 'configuration.md', 'expressions.md', 'steps.md']
  for (const page of pages) {
    const lines = readFileSync(packageRoot(`schemas/generated/${page}`), 'utf8').split('\n')
    t.deepEqual(
      lines.filter(line => line.startsWith('|') && !line.endsWith('|')),
      [],
      page
    )
  }
})
