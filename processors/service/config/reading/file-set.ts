// The files that a configuration is made of, those of its references too: what was read of each, so that somebody who
// watches them can tell whether they are still the same.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

/** What takes the place of a file or folder that could not be read. */
const unreadable = '\0'

export class FileSet {
  /** What was read, by path; the names in a folder are what is read of it. */
  readonly #files = new Map<string, string>()
  readonly #folders = new Map<string, string>()

  /** The text of a file. Throws what reading it throws. */
  read(path: string): string {
    this.#files.set(path, unreadable)
    const text = readFileSync(path, 'utf8')
    this.#files.set(path, text)
    return text
  }

  /** The names in a folder, in order. Throws what reading it throws. */
  list(path: string): string[] {
    this.#folders.set(path, unreadable)
    const names = readdirSync(path).sort()
    this.#folders.set(path, names.join())
    return names
  }

  /** Tells apart what was read from anything else that could have been. */
  get print(): string {
    return printOf([...this.#folders.values(), ...this.#files.values()])
  }

  /** The print that reading the same paths gives now. */
  async printNow(): Promise<string> {
    const names = async (path: string) => (await readdir(path)).sort().join()
    const text = (path: string) => readFile(path, 'utf8')
    return printOf([
      ...(await Promise.all([...this.#folders.keys()].map(path => names(path).catch(() => unreadable)))),
      ...(await Promise.all([...this.#files.keys()].map(path => text(path).catch(() => unreadable))))
    ])
  }
}

function printOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}
