// Looks at what lies in the root folder of an image: its packages, its size, and whether anything in it has changed.

import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Every path below a folder, from there, with what tells whether it was written to. */
export function snapshot(folder: string): Map<string, string> {
  return new Map(
    entries(folder).map(path => {
      const { mode, size, mtimeMs, ctimeMs } = lstatSync(path)
      return [relative(folder, path), `${mode.toString(8)} ${size} ${mtimeMs} ${ctimeMs}`]
    })
  )
}

/** What files take on a disk of blocks, in MB, as du tells it. */
export function diskMb(folder: string): number {
  return entries(folder).reduce((sum, path) => sum + lstatSync(path).blocks * 512, 0) / 2 ** 20
}

/** The packages of a node_modules folder, as the lockfile names them: `node_modules/a/node_modules/@b/c`. */
export function packagesIn(folder: string): string[] {
  const modules = join(folder, 'node_modules')
  if (!isFolder(modules)) return []
  const names = readdirSync(modules).filter(name => !name.startsWith('.'))
  const scoped = (name: string) => readdirSync(join(modules, name)).map(inner => join(name, inner))
  return names
    .flatMap(name => (name.startsWith('@') ? scoped(name) : [name]))
    .flatMap(name => {
      const inner = packagesIn(join(modules, name)).map(path => join('node_modules', name, path))
      return [join('node_modules', name), ...inner]
    })
    .map(path => path.split(sep).join('/'))
}

/** Takes the right to write from everything below a folder. */
export function makeReadOnly(folder: string): void {
  changeModes(folder, mode => mode & ~0o222)
}

/** Gives its owner that right back, so that it can be removed. */
export function makeWritable(folder: string): void {
  changeModes(folder, mode => mode | 0o200)
}

function changeModes(folder: string, change: (mode: number) => number): void {
  for (const path of [folder, ...entries(folder)]) {
    const stat = lstatSync(path)
    if (!stat.isSymbolicLink()) chmodSync(path, change(stat.mode) & 0o7777)
  }
}

function entries(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
