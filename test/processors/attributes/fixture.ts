// Attributes in a folder of their own, or in a topic of a log in memory, with a clock that the test moves.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { type Attributes, openAttributes, readAttributes } from '../../../processors/attributes/attributes.ts'
import { formatProblem } from '../../../processors/service/config/problem.ts'
import type { AttributesConfig } from '../../../schemas/attributes.ts'
import { timeOf } from '../passing-time.ts'

export type Files = Readonly<Record<string, string | Buffer>>

/** Writes the files into a folder that is removed when the test ends. */
export function folderOf(t: ExecutionContext, files: Files) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-attributes-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content)
  for (const [name, content] of Object.entries(files)) write(name, content)
  return { folder, write }
}

/** Reads one file at once. */
export function readFile(t: ExecutionContext, name: string, content: string | Buffer): Attributes {
  const { attributes, problems } = readAttributes({ file: name }, folderOf(t, { [name]: content }).folder)
  t.deepEqual(problems, [])
  return attributes
}

/** The lines that a user would see, with the names of files relative to the folder. */
export function mistakesOf(t: ExecutionContext, config: AttributesConfig, files: Files): string[] {
  const { folder } = folderOf(t, files)
  const { problems } = readAttributes(config, folder)
  return problems.map(problem => formatProblem(problem).replaceAll(`${folder}/`, ''))
}

/** What is known of a device as anybody would write it; null for nothing. */
export function known(attributes: Attributes, ident: string, timestampMs = 0): unknown {
  return JSON.parse(JSON.stringify(attributes.of(ident, timestampMs)))
}

type Logged = [event: string, fields: Readonly<Record<string, unknown>>]

/** Opens attributes that are followed until the test ends. */
export async function follow(t: ExecutionContext, config: AttributesConfig, baseFolder = '') {
  const clock = new VirtualClock()
  const memory = new MemoryLog({ clock })
  return { clock, memory, ...(await followIn(t, config, { clock, memory, baseFolder })) }
}

interface FollowParts {
  readonly clock: VirtualClock
  readonly memory: MemoryLog
  readonly baseFolder: string
}

/** As follow(), in a log that is there already. */
export async function followIn(
  t: ExecutionContext,
  config: AttributesConfig,
  { clock, memory, baseFolder }: FollowParts
) {
  const logged: Logged[] = []
  const log = (event: string, fields: Logged[1] = {}) => logged.push([event, fields])
  const attributes = await openAttributes(config, { clock, log, admin: memory.admin(), baseFolder })
  t.teardown(() => attributes.close())
  return { attributes, logged, ...timeOf(clock, logged) }
}
