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

/** One mistake, found by its JSON pointer: at the key or at the value; of what is missing, at the key of what it should stand in. */
export interface Finding {
  readonly pointer: string
  readonly at: 'key' | 'value'
  readonly sentence: string
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

/** Is it the value at `parent`, or one in it? */
export function isWithin(pointer: string, parent: string): boolean {
  return pointer === parent || pointer.startsWith(`${parent}/`)
}

/** The pointer of a path below `parent`, as connectors name their settings: `tls.ca`, `rules[0].body["a.b"]`. */
export function pointerOf(path: string, parent: string): string {
  const keys = [...path.matchAll(/\["(.*?)"\]|[^.[\]]+/g)].map(([key, quoted]) => quoted ?? key)
  return keys.reduce(pointerTo, parent)
}

function keysOf(pointer: string): (string | number)[] {
  const keys = pointer.split('/').slice(1)
  return keys.map(key => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')))
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
      if (isWithin(pointer, from)) yield [to + pointer.slice(from.length), note]
  }

  get(pointer: string): Note | undefined {
    return this.#notes.get(pointer)
  }

  /** Does a value at the pointer, or in what stands there, have a reference that could not be resolved? */
  isInDoubt(pointer: string): boolean {
    return [...this.#notes].some(([at, note]) => note.unresolved && isWithin(at, pointer))
  }

  /** The problem for people; null where the value is in doubt because of an unresolved reference. */
  problem({ pointer, at, sentence }: Finding): Problem | null {
    // What is missing or filled in by default is in no file: the place is that of what it stands in.
    let nearest = pointer
    while (nearest !== '' && !this.#notes.has(nearest)) nearest = nearest.slice(0, nearest.lastIndexOf('/'))
    const note = this.#notes.get(nearest)
    if (note === undefined || (note.unresolved && at === 'value')) return null
    const path = keysOf(pointer.slice(nearest.length)).reduce(pathTo, note.path)
    return { ...note[at], path, sentence }
  }
}
