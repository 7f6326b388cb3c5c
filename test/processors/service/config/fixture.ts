// A configuration in a folder of its own, loaded with connectors made for these tests.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type TSchema, Type } from 'typebox'
import type { SourceDefinition, TargetDefinition } from '../../../../connectors/connector.ts'
import type { Registry } from '../../../../connectors/registry.ts'
import { type Loaded, readConfig } from '../../../../processors/service/config/load.ts'
import { formatProblem } from '../../../../processors/service/config/problem.ts'
import { count, httpUrl, secret } from '../../../../schemas/define.ts'

const part = (properties: Record<string, TSchema>) => Type.Object(properties, { additionalProperties: false })

const neverCreated = () => Promise.reject(new Error('nothing is created while a configuration is loaded'))

const httpSource: SourceDefinition = {
  kind: 'http',
  summary: 'Receives.',
  config: part({
    tokens: Type.Optional(Type.Array(secret('A token.'))),
    insecure: Type.Boolean({ default: false })
  }),
  create: neverCreated
}

/** A kind of source whose channels have dead letters. */
const busSource: SourceDefinition = {
  kind: 'bus',
  summary: 'Receives.',
  config: part({}),
  setsAside: true,
  create: neverCreated
}

const httpTarget: TargetDefinition = {
  kind: 'http',
  summary: 'Sends.',
  config: part({
    url: httpUrl('Where to.'),
    bearer: Type.Optional(secret('A token.')),
    headers: Type.Record(Type.String(), secret('A value.', { 'x-secret': 'perhaps' }), { default: {} }),
    maxMessages: count('Messages.', 100),
    success: Type.Optional(Type.Union([Type.Literal('any'), Type.Array(Type.Integer())]))
  }),
  create: neverCreated
}

export const registry: Registry = { sources: [httpSource, busSource], targets: [httpTarget] }

export interface Fixture {
  readonly folder: string
  /** Loads the folder, or the one file. */
  load(env?: Record<string, string>, path?: string): Loaded
  /** The lines that a user would see, with the names of files relative to the folder; none when it is valid. */
  lines(env?: Record<string, string>, path?: string): string[]
}

/** Writes the files into a folder that is removed when the test ends. */
export function fixture(t: ExecutionContext, files: Readonly<Record<string, string>>): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const load = (env: Record<string, string> = {}, path = '') =>
    readConfig(join(folder, path), { registry, env })
  return {
    folder,
    load,
    lines(env, path) {
      const loaded = load(env, path)
      if (loaded.kind === 'valid') return []
      return loaded.problems.map(problem => formatProblem(problem).replaceAll(`${folder}/`, ''))
    }
  }
}
