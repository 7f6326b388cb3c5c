// Gives fields other names: some of them, or all by another notation.

import { Type } from 'typebox'
import { put } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import { byField, NameCache } from '../names.ts'
import { type Draft, defineStep, Refusal, type Verdict } from '../step.ts'
import { nested } from './nest.ts'

const words = (name: string) => name.split(/[.\s_-]+/).filter(word => word !== '')
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
const small = (word: string) => word.charAt(0).toLowerCase() + word.slice(1)

/** How a dotted name is written elsewhere: `position.speed` as each of them. */
const notations = {
  /** positionSpeed */
  camelCase: (name: string) => small(words(name).map(capital).join('')),
  /** PositionSpeed */
  PascalCase: (name: string) => words(name).map(capital).join(''),
  /** position_speed */
  snake_case: (name: string) => words(name).join('_'),
  /** position-speed */
  'kebab-case': (name: string) => words(name).join('-'),
  /** { position: { speed } } */
  nested: (name: string) => name
} as const

export const rename = defineStep({
  kind: 'rename',
  summary:
    'Gives fields other names: those listed, and then all others by a notation. Two fields that would get the same name are refused.',
  config: Type.Object(
    {
      fields: Type.Optional(
        byField(Type.String({ minLength: 1 }), {
          description:
            'New names by old ones. One * on both sides stands for the same characters: { "can.*": "bus.*" }.',
          default: {}
        })
      ),
      notation: Type.Optional(
        Type.Enum(Object.keys(notations) as (keyof typeof notations)[], {
          description: 'How all other names are written; nested makes objects of what stands between dots.'
        })
      )
    },
    { additionalProperties: false, minProperties: 1 }
  ),
  examples: [
    {
      settings: 'rename: { fields: { ident: vehicle }, notation: camelCase }',
      messages: [{ ident: 'a1', 'position.speed': 80 }],
      results: [{ vehicle: 'a1', positionSpeed: 80 }]
    },
    {
      settings: 'rename: { notation: nested }',
      messages: [
        { 'position.speed': 80, 'position.valid': true },
        { position: 1, 'position.speed': 80 }
      ],
      results: [
        { position: { speed: 80, valid: true } },
        'field "position.speed": it cannot lie in "position", which is a field itself'
      ]
    }
  ],
  create({ fields = {}, notation }, env) {
    const names = new Names(fields, notation === undefined ? name => name : notations[notation])
    for (const [from, to] of Object.entries(fields)) {
      const stars = (name: string) => name.split('*').length - 1
      if (stars(from) !== stars(to) || stars(from) > 1)
        env.mistake('must have one * on both sides, or none', 'fields', from)
      if (stars(from) === 0) env.reads(from, 'fields', from)
    }
    if (Object.keys(fields).length === 0 && notation === undefined)
      env.mistake('must have names under fields, or a notation')
    return {
      remembers: false,
      apply: draft => renamed(draft, names, notation === 'nested')
    }
  }
})

function renamed(draft: Draft, names: Names, isNested: boolean): Verdict {
  const { fields } = draft
  const renamedFields: Record<string, Json> = {}
  let isSame = true
  for (const name of Object.keys(fields)) {
    const other = names.of(name)
    isSame &&= other === name && !(isNested && name.includes('.'))
    if (Object.hasOwn(renamedFields, other)) return collision(name, other)
    put(renamedFields, other, fields[name] ?? null)
  }
  if (isSame) return 'pass'
  if (!isNested) {
    draft.become(renamedFields)
    return 'pass'
  }
  const tree = nested(renamedFields)
  if (tree.kind === 'refused') return tree
  draft.become(tree.fields)
  return 'pass'
}

function collision(name: string, other: string): Refusal {
  return new Refusal(name, `it would be called "${other}", as another field is`)
}

class Names {
  readonly #exact: ReadonlyMap<string, string>
  readonly #patterns: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[]
  readonly #notation: (name: string) => string
  readonly #known = new NameCache(
    name => this.#exact.get(name) ?? this.#byPattern(name) ?? this.#notation(name)
  )

  constructor(fields: Readonly<Record<string, string>>, notation: (name: string) => string) {
    const entries = Object.entries(fields)
    this.#exact = new Map(entries.filter(([from]) => !from.includes('*')))
    this.#patterns = entries
      .filter(([from]) => from.includes('*'))
      .map(([from, to]) => ({ from: from.split('*'), to: to.split('*') }))
    this.#notation = notation
  }

  of(name: string): string {
    return this.#known.of(name)
  }

  #byPattern(name: string): string | undefined {
    for (const { from, to } of this.#patterns) {
      const [head = '', tail = ''] = from
      if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) continue
      return (to[0] ?? '') + name.slice(head.length, name.length - tail.length) + (to[1] ?? '')
    }
    return undefined
  }
}
