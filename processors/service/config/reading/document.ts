// Reads the text of one file into plain data, with a note of where each value stands. Duplicate keys and references
// that cannot be resolved are found here; the schema is applied later, to all files together.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument
} from 'yaml'
import { type Note, type Place, Places, type Problem, pathTo, pointerTo } from '../problem.ts'
import { type ReferenceScope, resolveReferences } from './references.ts'
import { syntaxSentence } from './syntax.ts'

/** Aliases may multiply a small text into a huge one, or contain themselves. */
const maxAliases = 100

export interface Tree {
  readonly data: unknown
  readonly places: Places
  readonly problems: readonly Problem[]
}

/** Reads one file; `file` is its name for people. */
export function readDocument(text: string, file: string, scope: ReferenceScope): Tree {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true
  })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = [...document.errors, ...document.warnings].map(error => ({
    ...place(afterBlanks(text, error.pos[0])),
    path: '',
    sentence: syntaxSentence(error, text)
  }))
  if (problems.length > 0)
    return { data: undefined, places: new Places(), problems: firstOfEachLine(problems) }
  return new Walk(document, place, scope).tree()
}

/** The parser points at the indentation where it is wrong; people look at what is indented. */
function afterBlanks(text: string, offset: number): number {
  const blanks = /^ */.exec(text.slice(offset, offset + 200))?.[0].length ?? 0
  return offset + blanks
}

/** What follows a mistake on its line is usually its echo. */
function firstOfEachLine(problems: readonly Problem[]): Problem[] {
  const byLine = new Map<number, Problem>()
  for (const problem of problems) if (!byLine.has(problem.line)) byLine.set(problem.line, problem)
  return [...byLine.values()]
}

/** Where the walk stands. */
interface Spot {
  readonly pointer: string
  readonly path: string
  readonly key: Place
}

class Walk {
  readonly #document: Document
  readonly #place: (offset: number) => Place
  readonly #scope: ReferenceScope
  readonly #places = new Places()
  readonly #problems: Problem[] = []
  #aliases = 0

  constructor(document: Document, place: (offset: number) => Place, scope: ReferenceScope) {
    this.#document = document
    this.#place = place
    this.#scope = scope
  }

  tree(): Tree {
    const root = this.#document.contents
    const start = this.#placeOf(root) ?? this.#place(0)
    if (root === null || (isScalar(root) && root.value === null)) {
      const sentence =
        'The file is empty: a configuration begins with "kafka:" ("tailrace init" writes one to start from)'
      return { data: undefined, places: this.#places, problems: [{ ...start, path: '', sentence }] }
    }
    const data = this.#value(root, { pointer: '', path: '', key: start })
    return { data, places: this.#places, problems: this.#problems }
  }

  #value(node: unknown, spot: Spot): unknown {
    if (isAlias(node)) return this.#alias(node, spot)
    const note: Note = {
      path: spot.path,
      key: spot.key,
      value: this.#placeOf(node) ?? spot.key,
      references: [],
      unresolved: false
    }
    if (isScalar(node) && typeof node.value === 'string') return this.#text(node.value, spot, note)
    this.#places.add(spot.pointer, note)
    if (isMap(node)) return this.#map(node.items, spot)
    if (isSeq(node)) return node.items.map((item, index) => this.#value(item, this.#item(item, index, spot)))
    return isScalar(node) ? node.value : null
  }

  #text(written: string, spot: Spot, note: Note): string {
    const { text, references, failures, isMadeUp } = resolveReferences(written, this.#scope)
    this.#places.add(spot.pointer, { ...note, references, unresolved: failures.length > 0 || isMadeUp })
    for (const sentence of failures) this.#report(note.value, spot.path, sentence)
    return text
  }

  #map(pairs: readonly Pair[], spot: Spot): unknown {
    const entries = new Map<string, unknown>()
    for (const pair of pairs) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      const child: Spot = {
        pointer: pointerTo(spot.pointer, name),
        path: pathTo(spot.path, name),
        key: this.#placeOf(pair.key) ?? spot.key
      }
      if (entries.has(name)) this.#report(child.key, child.path, this.#again(child.pointer))
      else entries.set(name, this.#value(pair.value, child))
    }
    return Object.fromEntries(entries)
  }

  #again(pointer: string): string {
    const first = this.#places.get(pointer)?.key
    return `is written twice: first at line ${first?.line}, column ${first?.column}`
  }

  #item(item: unknown, index: number, spot: Spot): Spot {
    return {
      pointer: pointerTo(spot.pointer, index),
      path: pathTo(spot.path, index),
      key: this.#placeOf(item) ?? spot.key
    }
  }

  /** What an alias stands for takes the alias's place; what cannot be found is a problem only once. */
  #alias(alias: Alias, spot: Spot): unknown {
    const target = ++this.#aliases > maxAliases ? undefined : alias.resolve(this.#document)
    if (target !== undefined) return this.#value(target, spot)
    const value = this.#placeOf(alias) ?? spot.key
    this.#places.add(spot.pointer, { ...spot, value, references: [], unresolved: true })
    if (this.#aliases <= maxAliases)
      this.#report(value, spot.path, 'is an alias (*name) of nothing that stands before it')
    if (this.#aliases === maxAliases + 1)
      this.#report(value, spot.path, `is one alias (*name) too many: at most ${maxAliases}`)
    return null
  }

  #placeOf(node: unknown): Place | undefined {
    const range = isNodeWithRange(node) ? node.range : null
    return range ? this.#place(range[0]) : undefined
  }

  #report(place: Place, path: string, sentence: string): void {
    this.#problems.push({ ...place, path, sentence })
  }
}

function isNodeWithRange(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node
}
