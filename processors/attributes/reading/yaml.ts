// Reads the entries of a YAML mapping with their offsets. The parser makes some hundred bytes of every byte of text, so
// a large file is cut before keys of its top mapping and read slice by slice, between which others have their turn.

import { isAlias, isMap, isScalar, isSeq, type Pair, type Scalar } from 'yaml'
import { type Entry, inexact, isExact, maxDepth, type Node, noDevices, sliceChars, tooDeep } from './node.ts'
import type { Report } from './source.ts'
import { parseYaml } from './yaml-document.ts'

/** The entries of the mapping that the text is, in slices. Mistakes of syntax are reported; each leaves out its slice. */
export function* yamlEntries(text: string, report: Report): Generator<Entry[]> {
  let isEmpty = true
  for (let from = 0, end = 0; from < text.length; from = end) {
    end = sliceEnd(text, from)
    const entries = new YamlSlice(text.slice(from, end), from, report).entries()
    isEmpty &&= entries === null
    yield entries ?? []
  }
  if (isEmpty) report({ at: 0, path: '', sentence: noDevices })
}

/**
 * Where the slice ends that begins at `from`. What stands in the first column of a block mapping is a key of it: what
 * belongs to a value is indented, or begins with one of the characters that are left out here.
 */
function sliceEnd(text: string, from: number): number {
  if (text.length - from <= sliceChars || (from === 0 && !isCuttable(text))) return text.length
  const nextKey = /\n(?=[^\s#\-?\]}&*!|>%@`,:{[])/g
  nextKey.lastIndex = from + sliceChars
  const feed = nextKey.exec(text)
  return feed === null ? text.length : feed.index + 1
}

/** Whether it is one document that is a block mapping without indentation. */
function isCuttable(text: string): boolean {
  const head = /^(?:[ \t]*(?:#.*)?\r?\n)*(?:---[ \t]*\r?\n)?(?:[ \t]*(?:#.*)?\r?\n)*/.exec(text)?.[0] ?? ''
  const documentMark = /^(?:---|\.\.\.)(?=\s|$)/gm
  documentMark.lastIndex = head.length
  return /[^\s#\-?&*!|>%@`:{[]/.test(text[head.length] ?? '') && !documentMark.test(text)
}

const numberAsItIs = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/

const sentences = {
  noMapping: 'must be a mapping of devices: "ident:" lines, with the attributes indented below',
  alias: 'is an alias (*name), which cannot be used here: write out what it stands for',
  merge: 'is a merge key, which cannot be used here: write out what it stands for',
  number: 'is written like a number and would not stay as it is: put it in quotes, or write plain digits',
  noJson: 'is of a type that JSON does not have: put it in quotes'
}

class YamlSlice {
  readonly #text: string
  readonly #base: number
  readonly #report: Report

  /** `base` is the offset of the slice in its file. */
  constructor(text: string, base: number, report: Report) {
    this.#text = text
    this.#base = base
    this.#report = report
  }

  /** Null where only comments stand. */
  entries(): Entry[] | null {
    const { contents, mistakes } = parseYaml(this.#text)
    for (const { at, sentence } of mistakes) this.#report({ at: this.#base + at, path: '', sentence })
    if (mistakes.length > 0) return []
    if (contents === null || (isScalar(contents) && contents.value === null)) return null
    if (isMap(contents)) return contents.items.map(pair => this.#entry(pair, 0))
    this.#report({ at: this.#offsetOf(contents, 0), path: '', sentence: sentences.noMapping })
    return []
  }

  #entry({ key, value }: Pair, depth: number): Entry {
    const at = this.#offsetOf(key, this.#base)
    const name = isScalar(key) ? ownText(String(key.value)) : ''
    if (name === '<<' && isScalar(key) && key.type === 'PLAIN')
      return { name, at, value: { kind: 'broken', at, sentence: sentences.merge } }
    return { name, at, value: this.#node(value, { at, depth: depth + 1 }) }
  }

  #node(node: unknown, holder: { readonly at: number; readonly depth: number }): Node {
    const at = this.#offsetOf(node, holder.at)
    const { depth } = holder
    if (depth > maxDepth) return { kind: 'broken', at, sentence: tooDeep }
    if (isMap(node)) return { kind: 'mapping', at, entries: node.items.map(pair => this.#entry(pair, depth)) }
    if (isSeq(node)) {
      const items = node.items.map(item => this.#node(item, { at, depth: depth + 1 }))
      return { kind: 'list', at, items }
    }
    if (isAlias(node)) return { kind: 'broken', at, sentence: sentences.alias }
    return isScalar(node) ? scalar(node, at) : { kind: 'scalar', at, value: null }
  }

  /** Of a node of the parser; `otherwise` for one that is not written. */
  #offsetOf(node: unknown, otherwise: number): number {
    const isWritten = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)
    return isWritten && node.range ? this.#base + node.range[0] : otherwise
  }
}

/** `0042` and `12E4` are texts to people, who would find other digits in what is sent. */
function scalar({ value, source }: Scalar, at: number): Node {
  if (typeof value === 'string') return { kind: 'scalar', at, value: ownText(value) }
  if (value === null || typeof value === 'boolean') return { kind: 'scalar', at, value }
  if (typeof value !== 'number') return { kind: 'broken', at, sentence: sentences.noJson }
  if (!numberAsItIs.test(source ?? '')) return { kind: 'broken', at, sentence: sentences.number }
  return isExact(value) ? { kind: 'scalar', at, value } : { kind: 'broken', at, sentence: inexact }
}

/** The same text in memory of its own: a part of a text keeps all of it. */
function ownText(text: string): string {
  return JSON.parse(JSON.stringify(text))
}
