// Puts the files of a folder together: channels and streams are merged by name, every other key may stand in one
// file only. What is defined twice is a problem that names both places.

import { Places, type Problem, pointerTo } from './problem.ts'
import type { Tree } from './reading/document.ts'

const mergedByName: readonly string[] = ['channels', 'streams']

/** Merges the trees of files in their order. Of what is defined twice the first stays. */
export function merge(trees: readonly Tree[]): Tree {
  const merged = new Map<string, unknown>()
  const places = new Places()
  const problems: Problem[] = []
  for (const tree of trees) {
    problems.push(...tree.problems)
    if (tree.data === undefined) continue
    if (!isMapping(tree.data)) problems.push(...noMapping(tree))
    else
      for (const [key, value] of Object.entries(tree.data)) {
        const pointer = pointerTo('', key)
        const before = merged.get(key)
        if (!merged.has(key)) merged.set(key, value)
        else if (mergedByName.includes(key) && isMapping(before) && isMapping(value)) {
          const repeated = Object.keys(value).filter(name => Object.hasOwn(before, name))
          problems.push(...repeated.flatMap(name => twice(pointerTo(pointer, name), tree, places)))
          merged.set(key, { ...before, ...value, ...before })
        } else problems.push(...twice(pointer, tree, places))
      }
    places.addAll(tree.places)
  }
  return { data: Object.fromEntries(merged), places, problems }
}

function noMapping(tree: Tree): Problem[] {
  const sentence = 'must be a mapping that begins with keys such as "kafka:" or "streams:"'
  return listOf(tree.places.problem({ pointer: '', at: 'value', sentence }))
}

function twice(pointer: string, tree: Tree, before: Places): Problem[] {
  const first = before.get(pointer)?.key
  const sentence = `is defined already at ${first?.file}:${first?.line}:${first?.column}`
  return listOf(tree.places.problem({ pointer, at: 'key', sentence }))
}

const listOf = (problem: Problem | null): Problem[] => (problem === null ? [] : [problem])

/** Whether a value is a mapping of keys to values. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
