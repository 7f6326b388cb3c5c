// The answer with which a played receiver takes every message of a request, in the form in which `parts` of the
// configuration reads it: without a list that names them, a bare status would tell nothing.

import type { Message } from '../../connector.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { Parts } from './parts.ts'

type Config = NonNullable<HttpTargetConfig['parts']>
type List = Config['lists'][number]
type Tree = { [name: string]: unknown }

/** The body, or null where no answer that could be thought of means that all of them were delivered. */
export function acceptingBody(config: Config, messages: readonly Message[]): string | null {
  let json: unknown = {}
  for (const list of config.lists) {
    const entries = messages.map((message, at) => entryOf(list, message, at))
    if (entries.includes(null)) continue
    json = put(json, list.at, entries)
  }
  const answer = { status: 200, retryAfter: undefined, excerpt: '' }
  // As it comes out of JSON, with the eyes of who will read it.
  const read: unknown = JSON.parse(JSON.stringify(json))
  const outcome = new Parts(config).outcome(answer, { json: read, messages, nowMs: 0 })
  const isTaken = Array.isArray(outcome) && outcome.every(({ kind }) => kind === 'delivered')
  return isTaken ? JSON.stringify(json) : null
}

/** What says of a message that it was delivered; null where the list cannot. */
function entryOf(list: List, message: Message, at: number): unknown {
  const { index, id, ident, means, meanings, value } = list
  const [said] = Object.entries(meanings).find(([, meaning]) => meaning === 'delivered') ?? []
  if (means !== 'delivered' && said === undefined) return null
  let entry: unknown = {}
  if (index !== undefined) entry = put(entry, index, at)
  if (id !== undefined) entry = put(entry, id, message.id())
  if (ident !== undefined) entry = put(entry, ident, message.key() ?? '')
  if (value !== undefined && said !== undefined) entry = put(entry, value, said === '*' ? 'accepted' : said)
  return entry
}

/** `holder` with a value at a path, as body-path.ts finds it there. */
function put(holder: unknown, path: string, value: unknown): unknown {
  if (path === '$') return value
  const root: Tree = isTree(holder) ? holder : {}
  const names = path.split('.')
  let place = root
  for (const name of names.slice(0, -1)) {
    const below = place[name]
    const next: Tree = isTree(below) ? below : {}
    place[name] = next
    place = next
  }
  place[names.at(-1) ?? ''] = value
  return root
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}
