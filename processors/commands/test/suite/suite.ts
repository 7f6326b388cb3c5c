// Reads the file of a policy test: every mistake in it is told at once, with its place, before anything is played.

import { dirname, join } from 'node:path'
import type { Rehearsal, TargetDefinition } from '../../../../connectors/connector.ts'
import { registry } from '../../../../connectors/registry.ts'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import { plainSchema } from '../../../../schemas/json-schema.ts'
import {
  type Expectations,
  type PolicyCase,
  type PolicyTest,
  policyTestSchema
} from '../../../../schemas/policy-test.ts'
import { type StreamConfig, topicsOf } from '../../../../schemas/stream.ts'
import type { Attributes } from '../../../attributes/attributes.ts'
import type { Json } from '../../../expression/values.ts'
import { readConfig } from '../../../service/config/load.ts'
import { isMapping } from '../../../service/config/merge.ts'
import { type Place, type Places, type Problem, pointerTo } from '../../../service/config/problem.ts'
import { readDocument } from '../../../service/config/reading/document.ts'
import { FileSet } from '../../../service/config/reading/file-set.ts'
import { validate } from '../../../service/config/validate.ts'
import { type Surroundings, surroundingsOf } from '../../../service/streams/steps.ts'
import { fileSurroundings } from '../../shared/surroundings.ts'
import { outcomeRehearsal } from '../outcome-rehearsal.ts'
import type { StageParts } from '../stage.ts'
import { CaseReader } from './case-reader.ts'
import type { Deed, Request, Sending } from './lines.ts'
import { streamOf } from './stream-of.ts'

/** A case that is ready to be played. */
export interface TestCase {
  readonly title: string
  readonly place: Place
  readonly sendings: readonly Sending[]
  readonly deeds: readonly Deed[]
  readonly values: Readonly<Record<string, object>>
  /** Null: until nothing is left to do. */
  readonly untilMs: number | null
  readonly expect: Expectations
  /** Those of `expect`, read. */
  readonly requests: readonly Request[]
  readonly config: StreamConfig
  /** Of its channels. */
  readonly topics: readonly string[]
  /** A new stage for it. */
  stage(): StageParts
}

export type Suite =
  | { readonly kind: 'valid'; readonly cases: readonly TestCase[] }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/** Mistakes are returned; where it `isShown` only, nothing need be expected. Throws `config_unreadable` where there is nothing to read. */
export function readSuite(path: string, isShown = false): Suite {
  const files = new FileSet()
  const text = readText(path, files)
  const scope = { env: process.env, folder: dirname(path), files, isRehearsal: true }
  const { data: written, places, problems } = readDocument(text, path, scope)
  if (problems.length > 0) return { kind: 'invalid', problems }
  const data = withTexts(written)
  const findings = validate(plainSchema(policyTestSchema), data, places)
  if (findings.length > 0)
    return { kind: 'invalid', problems: findings.flatMap(finding => places.problem(finding) ?? []) }
  return readCases(data as PolicyTest, { path, places, isShown }) // the schema has been applied to it
}

/** YAML takes an answer such as 200 for a number; quotes around each would be a nuisance. */
function withTexts(data: unknown): unknown {
  if (!isMapping(data) || !Array.isArray(data.cases)) return data
  const textOf = (answer: unknown) => (typeof answer === 'number' ? String(answer) : answer)
  const cases = data.cases.map((one: unknown) =>
    isMapping(one) && Array.isArray(one.answers) ? { ...one, answers: one.answers.map(textOf) } : one
  )
  return { ...data, cases }
}

function readText(path: string, files: FileSet): string {
  try {
    return files.read(path)
  } catch (cause) {
    throw new FaultError('config_unreadable', { path, detail: messageOf(cause), cause })
  }
}

function readCases(
  file: PolicyTest,
  { path, places, isShown }: { readonly path: string; readonly places: Places; readonly isShown: boolean }
): Suite {
  const options = { registry, env: process.env, isRehearsal: true }
  const loaded = file.config === undefined ? null : readConfig(join(dirname(path), file.config), options)
  if (loaded?.kind === 'invalid') return loaded
  const surroundings =
    loaded === null ? surroundingsOf({ geofences: {} }) : fileSurroundings(loaded.config, loaded.folder)
  const read = file.cases.map((test, at) => {
    const pointer = pointerTo('/cases', at)
    const found = streamOf({ file, test, pointer, places, config: loaded?.config ?? null })
    if (found.kind === 'invalid') return found
    const rehearsal = rehearsalOf(found.stream.config)
    const reader = new CaseReader(test, { pointer, places, rehearsal, isShown })
    const ready = readCase(test, reader, {
      ...found.stream,
      rehearsal,
      surroundings: withAttributes(surroundings, test.attributes)
    })
    return reader.problems.length > 0
      ? { kind: 'invalid' as const, problems: reader.problems.toSorted(byPlace) }
      : ready
  })
  const wrong = read.flatMap(one => ('problems' in one ? one.problems : []))
  if (wrong.length > 0) return { kind: 'invalid', problems: wrong }
  return { kind: 'valid', cases: read.flatMap(one => ('title' in one ? one : [])) }
}

/** Those of the case take the place of what else is known of a device. */
function withAttributes(surroundings: Surroundings, devices: PolicyCase['attributes']): Surroundings {
  const { attributes } = surroundings
  const own = new Map(Object.entries(devices) as [string, Readonly<Record<string, Json>>][]) // JSON, as YAML is
  const of: Attributes['of'] = (ident, atMs) => own.get(ident) ?? attributes.of(ident, atMs)
  const watch: Attributes['watch'] = changed => attributes.watch(changed)
  return { ...surroundings, attributes: { of, idents: () => own.keys(), size: own.size, watch } }
}

function readCase(
  test: PolicyCase,
  reader: CaseReader,
  {
    name,
    config,
    channels,
    surroundings,
    rehearsal
  }: Pick<StageParts, 'config' | 'channels' | 'surroundings' | 'rehearsal'> & { name: string }
): TestCase {
  const rules = reader.rules()
  return {
    title: test.case,
    place: reader.place,
    sendings: reader.sendings,
    deeds: reader.deeds,
    values: test.values,
    untilMs: reader.until(),
    expect: test.expect ?? {},
    requests: reader.requests(),
    config,
    topics: topicsOf(config, channels),
    stage: () => ({
      ...{ stream: name, config, channels, surroundings, rehearsal, partitions: test.partitions },
      rules
    })
  }
}

/** How the target of a stream is played. */
export function rehearsalOf({ target }: StreamConfig): Rehearsal<unknown> {
  const [kind = ''] = Object.keys(target)
  const definition: TargetDefinition | undefined = registry.targets.find(one => one.kind === kind)
  if (definition === undefined) throw new FaultError('internal', { detail: `no target ${kind}` })
  return definition.rehearsal ?? outcomeRehearsal(definition)
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column
}
