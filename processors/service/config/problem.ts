// What is wrong with a configuration, and where: the vocabulary of this folder. Values are named by JSON pointers
// (as Ajv does), which Places turns into what people read: a file, a line, a column and a path.

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One mistake, ready to print. `path` is empty where the text is no YAML. */
export interface Problem extends Place {
  readonly path: string
  readonly sentence: string
}

/** One mistake, found by its JSON pointer: at the key (the default where there is one) or at the value. */
export interface Finding {
  readonly pointer: string
  readonly at: 'key' | 'value'
  readonly sentence: string
  /** A key that is missing below the pointer, for the path. */
  readonly missing?: string
}

/** A `${...}` of the text and what it stands for; the value is never printed. */
export interface Reference {
  readonly text: string
  readonly value: string
}

/** A channel or a stream as it is written. */
export interface Part {
  readonly name: string
  readonly pointer: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What is known of one value of the configuration besides the value itself. */
export interface Note {
  /** As people write it: `streams.acme.from[0]`. */
  readonly path: string
  readonly key: Place
  readonly value: Place
  readonly references: readonly Reference[]
  /** A reference in it could not be resolved, which is a problem already or, where it was made up, none. */
  readonly unresolved: boolean
}

/** The line that is printed: `streams.yaml:6:12 streams.acme.from must be ...`. */
export function formatProblem({ file, line, column, path, sentence }: Problem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path} `}${sentence}`
}

/** The pointer of a child. */
export function pointerTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The readable path of a child: `a.b`, `a[0]`, `a["x y"]`. */
export function pathTo(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`
  if (!/^[\w-]+$/.test(key)) return `${parent}[${JSON.stringify(key)}]`
  return parent === '' ? key : `${parent}.${key}`
}

/** The notes of all values by pointer. */
export class Places {
  readonly #notes = new Map<string, Note>()

  /** The first note of a pointer stays. */
  add(pointer: string, note: Note): void {
    if (!this.#notes.has(pointer)) this.#notes.set(pointer, note)
  }

  addAll(others: Places): void {
    for (const [pointer, note] of others.#notes) this.add(pointer, note)
  }

  /** The notes of what stands below `from`, as if it stood below `to`. */
  *rebased(from: string, to: string): Generator<[pointer: string, Note]> {
    for (const [pointer, note] of this.#notes)
      if (pointer === from || pointer.startsWith(`${from}/`)) yield [to + pointer.slice(from.length), note]
  }

  get(pointer: string): Note | undefined {
    return this.#notes.get(pointer)
  }

  /** The problem for people; null where the value is in doubt because of an unresolved reference. */
  problem({ pointer, at, sentence, missing }: Finding): Problem | null {
    const note = this.#nearest(pointer)
    if (note === undefined || (note.unresolved && at === 'value')) return null
    const path = missing === undefined ? note.path : pathTo(note.path, missing)
    return { ...note[at], path, sentence }
  }

  /** The note of the value, or of what it stands in: values filled in by default are in no file. */
  #nearest(pointer: string): Note | undefined {
    for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const note = this.#notes.get(at)
      if (note !== undefined || at === '') return note
    }
  }
}
