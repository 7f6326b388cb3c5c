// What Tailrace itself says of a configuration that the chart has rendered: all that `tailrace check` says. Files and
// variables that it refers to are put there first, as their Secrets would.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { registry } from '../../../connectors/registry.ts'
import { allProblems } from '../../../processors/service/config/connectors.ts'
import { type Loaded, readConfig } from '../../../processors/service/config/load.ts'
import { formatProblem } from '../../../processors/service/config/problem.ts'
import { makeCertificates } from '../../certificates.ts'

const { ca, cert, key } = makeCertificates()
const square = [24.7, 59.4, 24.8, 59.4, 24.8, 59.5, 24.7, 59.4]
const ring = [0, 2, 4, 6].map(at => square.slice(at, at + 2))

/** What a file holds, by the end of its name. */
const contents: readonly [end: string, content: string][] = [
  ['ca.crt', ca],
  ['tls.crt', cert],
  ['tls.key', key],
  ['.base64', Buffer.from('a key of some length').toString('base64')],
  ['.geojson', JSON.stringify({ type: 'Polygon', coordinates: [ring] })],
  ['', 'what-a-secret-holds']
]

/** What a variable holds, by the end of its name. */
const variables: readonly [end: string, value: string][] = [
  ['BROKERS', 'kafka-1.example:9094'],
  ['URL', 'https://acme.example/in'],
  ['HOST', 'acme.example'],
  ['', 'what-a-variable-holds']
]

const byEnd = (list: readonly [end: string, text: string][], name: string) =>
  list.find(([end]) => name.endsWith(end))?.[1] ?? ''

/** Puts the configuration into a folder that is removed when the test ends, with what it refers to; gives its path. */
export function written(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-chart-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'tailrace.yaml')
  writeFileSync(path, text.replaceAll(/\/etc\/tailrace-/g, `${folder}/tailrace-`))
  for (const [, file = ''] of text.matchAll(/\$\{file:\/etc\/([^}]+)\}/g)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), byEnd(contents, file))
  }
  return path
}

/** The variables that it refers to. */
export function environmentOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/\$\{env:(\w+)\}/g), ([, name = '']) => [name, byEnd(variables, name)])
  )
}

export function loaded(t: ExecutionContext, text: string): Loaded {
  return readConfig(written(t, text), { registry, env: environmentOf(text) })
}

/** Every mistake as a user sees it; none where the product takes the configuration. */
export async function mistakesIn(t: ExecutionContext, text: string): Promise<string[]> {
  const problems = await allProblems(loaded(t, text), registry)
  return problems.map(formatProblem)
}
