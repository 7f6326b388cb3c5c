// Finds the files that attributes are kept in and reads their bytes, before anything is made of them: what is read later
// in slices, and told apart by a print, is what was there at one moment.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { AttributesConfig } from '../../../schemas/attributes.ts'

/** Where the files are: one, or those of a folder. */
export type FilesPlace = Exclude<AttributesConfig, { readonly topic: string }>

export interface GatheredFile {
  /** As people find it from where they are. */
  readonly path: string
  /** Its bytes, or a sentence on why there are none. */
  readonly content: Buffer | string
}

/** The path of the file or folder. Relative ones start at `baseFolder`. */
export function pathOf(place: FilesPlace, baseFolder: string): string {
  const path = 'file' in place ? place.file : place.folder
  return isAbsolute(path) ? path : join(baseFolder, path)
}

/** All files by name. What cannot be read is there as a file without bytes. Never throws. */
export function gather(place: FilesPlace, baseFolder: string): GatheredFile[] {
  const path = pathOf(place, baseFolder)
  if ('file' in place) return [{ path, content: attempt(() => readFileSync(path)) }]
  const names = attempt(() => namesIn(readdirSync(path)))
  if (typeof names === 'string') return [{ path, content: names }]
  if (names.length === 0) return [{ path, content: 'has no .yaml, .yml or .json file in it' }]
  return names
    .map(name => join(path, name))
    .map(file => ({ path: file, content: attempt(() => readFileSync(file)) }))
}

/** Tells what was gathered apart from anything else that could have been. */
export function printOf(files: readonly GatheredFile[]): string {
  const hash = createHash('sha256')
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}

/** What the file system tells of the files without their being read: as long as it stays, they most likely do. */
export async function stampOf(place: FilesPlace, baseFolder: string): Promise<string> {
  const path = pathOf(place, baseFolder)
  if ('file' in place) return stampOfFile(path)
  const names = await readdir(path).then(namesIn, () => [])
  const stamps = await Promise.all(names.map(name => stampOfFile(join(path, name))))
  return JSON.stringify([await stampOfFile(path), names, stamps])
}

/** Links are followed: a mounted ConfigMap changes by a link that names another file. */
function stampOfFile(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
    () => ''
  )
}

/** Names with a dot in front are left out: editors' files, and the machinery of a mounted ConfigMap. */
function namesIn(names: readonly string[]): string[] {
  return names.filter(name => /^[^.].*\.(?:ya?ml|json)$/.test(name)).sort()
}

function attempt<T>(read: () => T): T | string {
  try {
    return read()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return sentences[code] ?? `cannot be read (${code})`
  }
}

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be read: there is no such file or folder',
  EISDIR: 'cannot be read as a file: it is a folder',
  ENOTDIR: 'cannot be read as a folder: it is a file'
}
