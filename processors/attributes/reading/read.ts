// From the bytes of files to devices: text, entries with their places, devices, and all of them together. Every mistake is
// found in one go, each with its place.

import { constants, isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { parseJson } from '../../../connectors/shared/json/values.ts'
import { maxIdentBytes } from '../../../schemas/message.ts'
import { type Problem, pathTo } from '../../service/config/problem.ts'
import { type Devices, deviceOf } from './device.ts'
import type { GatheredFile } from './gather.ts'
import { jsonEntries } from './json.ts'
import { type Entry, noDevices } from './node.ts'
import { type Mistake, type Report, Source } from './source.ts'
import { yamlEntries } from './yaml.ts'

export interface Reading {
  /** Of use only where there are no problems. */
  readonly devices: Devices
  readonly problems: readonly Problem[]
}

/** Reads all files at a stretch. */
export function readAtOnce(files: readonly GatheredFile[]): Reading {
  const reader = new FilesReader()
  for (const _ of reader.read(files));
  return reader
}

/** Reads all files, and lets others have their turn every few milliseconds. */
export async function readInTurns(files: readonly GatheredFile[]): Promise<Reading> {
  const reader = new FilesReader()
  for (const _ of reader.read(files)) await setImmediate()
  return reader
}

/** Why a text is no ident; null if it is one. */
export function identProblem(ident: string): string | null {
  if (ident === '') return 'is an ident without a character'
  if (/\p{Surrogate}/u.test(ident)) return 'is an ident with half of a surrogate pair'
  if (Buffer.byteLength(ident) > maxIdentBytes) return `is longer than ${maxIdentBytes} bytes of UTF-8`
  return null
}

const noUtf8 = 'is not UTF-8: save it in that encoding'

/** Why bytes are no text; null if they are one. */
function bytesProblem(bytes: Buffer): string | null {
  if (bytes.length > constants.MAX_STRING_LENGTH) return 'is too large: divide it into the files of a folder'
  return isUtf8(bytes) ? null : noUtf8
}

interface Spot {
  readonly source: Source
  readonly at: number
}

class FilesReader implements Reading {
  readonly devices: Devices = new Map()
  readonly problems: Problem[] = []
  /** Where each ident stands. */
  readonly #spots = new Map<string, Spot>();

  /** Yields after every slice of text. */
  *read(files: readonly GatheredFile[]): Generator<void> {
    for (const { path, content } of files) {
      const sentence = typeof content === 'string' ? content : bytesProblem(content)
      if (sentence !== null) this.problems.push({ file: path, line: 1, column: 1, path: '', sentence })
      // Some editors begin UTF-8 with a mark that tells so.
      else yield* this.#readSource(new Source(path, content.toString('utf8').replace(/^\uFEFF/, '')))
    }
  }

  *#readSource(source: Source): Generator<void> {
    const problems: Problem[] = []
    const report = (mistake: Mistake) => problems.push(problemOf(mistake, source))
    for (const entries of entriesOf(source, report)) {
      for (const entry of entries) this.#take(entry, source, report)
      yield
    }
    problems.sort((a, b) => a.line - b.line || a.column - b.column)
    for (const problem of problems) this.problems.push(problem) // more than a call takes arguments, perhaps
  }

  #take({ name, at, value }: Entry, source: Source, report: Report): void {
    const path = pathTo('', name)
    const sentence = identProblem(name) ?? this.#twice(name, source)
    if (sentence !== null) report({ at, path, sentence })
    else this.#spots.set(name, { source, at })
    const device = deviceOf(value, path, report)
    if (device !== null) this.devices.set(name, device)
  }

  #twice(ident: string, source: Source): string | null {
    const spot = this.#spots.get(ident)
    if (spot === undefined) return null
    const { file, line, column } = spot.source.place(spot.at)
    const where = spot.source === source ? `line ${line}, column ${column}` : `${file}:${line}:${column}`
    return `is written twice: first at ${where}`
  }
}

function entriesOf({ file, text }: Source, report: Report): Iterable<Entry[]> {
  const isBlank = text.trim() === ''
  if (isBlank) report({ at: 0, path: '', sentence: noDevices })
  if (isBlank) return []
  // JSON is YAML too, but read as such it takes many times as long.
  const isJson = file.endsWith('.json') || (text.trimStart().startsWith('{') && parseJson(text) !== undefined)
  return isJson ? jsonEntries(text, report) : yamlEntries(text, report)
}

function problemOf({ at, path, sentence, firstAt }: Mistake, source: Source): Problem {
  const place = source.place(at)
  if (firstAt === undefined) return { ...place, path, sentence }
  const { line, column } = source.place(firstAt)
  return { ...place, path, sentence: `${sentence}: first at line ${line}, column ${column}` }
}
