// Makes objects of what stands between the dots of names.

import { put } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import { Refusal } from '../step.ts'

type Tree = { [name: string]: Json | Tree }

/** Objects within objects that a name may ask for. */
const maxDepth = 100

/**
 * `{ 'position.speed': 80 }` becomes `{ position: { speed: 80 } }`. Refuses a name that lies within a field, or too deep.
 */
export function nested(
  fields: Readonly<Record<string, Json>>
): Refusal | { readonly kind: 'nested'; readonly fields: Record<string, Json> } {
  const root: Tree = {}
  const branches = new Map<string, Tree>([[keyOf([]), root]])
  for (const [name, value] of Object.entries(fields)) {
    const path = name.split('.')
    if (path.length > maxDepth) return new Refusal(name, `it would lie more than ${maxDepth} deep`)
    const key = keyOf(path)
    const leaf = path.pop() ?? ''
    const branch = branchOf(path, branches)
    if (typeof branch === 'string')
      return new Refusal(name, `it cannot lie in "${branch}", which is a field itself`)
    if (branches.has(key)) return new Refusal(name, 'other fields lie in it')
    put(branch as Record<string, Json>, leaf, value) // a tree of JSON is JSON
  }
  return { kind: 'nested', fields: root as Record<string, Json> } // a tree of JSON is JSON
}

/** Tells the path of one empty name from the empty path. */
function keyOf(path: readonly string[]): string {
  return path.map(name => `.${name}`).join('')
}

/** The object for the path, made where it is not there; the name of a field that is in the way. */
function branchOf(path: readonly string[], branches: Map<string, Tree>): Tree | string {
  const key = keyOf(path)
  const known = branches.get(key)
  if (known !== undefined) return known
  const above = branchOf(path.slice(0, -1), branches)
  if (typeof above === 'string') return above
  const name = path.at(-1) ?? ''
  if (Object.hasOwn(above, name)) return path.join('.')
  const branch: Tree = {}
  put(above as Record<string, Json>, name, branch as Json) // a tree of JSON is JSON
  branches.set(key, branch)
  return branch
}
