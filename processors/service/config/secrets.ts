// Finds the values of a configuration that must never be shown: those of writeOnly fields, and what references stand
// for unless the field is marked x-public. They make the one mask of the process, whoever may repeat them.

import type { Schema } from '../../../schemas/json-schema.ts'
import { isMapping } from './merge.ts'
import { type Places, pointerTo } from './problem.ts'

/**
 * Parts of a secret that may come back alone are masked from this length on, like texts that are not known to be
 * secrets at all: shorter ones are words of every line. A secret itself is masked whatever its length.
 */
const minGuessLength = 6

/** The secret values of the checked data, without repeats. */
export function secretsOf(data: unknown, schema: Schema, places: Places): string[] {
  const secrets = new Set<string>()
  const visit = (value: unknown, part: Schema, pointer: string): void => {
    for (const branch of part.anyOf ?? []) visit(value, branch, pointer)
    if (typeof value === 'string') {
      const references = places.get(pointer)?.references.map(reference => reference.value) ?? []
      addAll(
        secrets,
        references.flatMap(reference => referred(reference, value, part))
      )
      addAll(secrets, written(value, part))
    }
    for (const [key, child] of entriesOf(value)) visit(child, schemaOf(part, key), pointerTo(pointer, key))
  }
  visit(data, schema, '')
  return [...secrets]
}

/** What is secret of the value of a reference in a text. Of a public url it is what stands behind the host. */
function referred(reference: string, text: string, schema: Schema): string[] {
  if (schema['x-public'] !== true) return [reference, ...partsOf(reference)]
  return schema['x-secret'] === 'query' && behindHost(text).includes(reference) ? [reference] : []
}

/** What the field says of a text that stands in it, wherever the text came from. */
function written(text: string, schema: Schema): string[] {
  if (schema.format === 'http-url' || schema['x-secret'] === 'query') return queryValues(text)
  if (schema.writeOnly !== true) return []
  const isGuess = schema['x-secret'] === 'perhaps' && text.length < minGuessLength
  return isGuess ? [] : [text, ...partsOf(text)]
}

/** The lines of a PEM text that are the same in all of them (RFC 7468), and stand in our own sentences too. */
const pemBoundaries = /-----(?:BEGIN|END) [^-]*-----/g

/** What a receiver may repeat of a secret: the token behind `Bearer`, the path of a URL or a piece of it. */
function partsOf(secret: string): string[] {
  const words = secret.replaceAll(pemBoundaries, ' ').split(/\s+/)
  const urls = words.filter(word => /^https?:\/\//.test(word) && URL.canParse(word))
  const inUrls = urls.flatMap(word => new URL(word).pathname.split('/').concat(queryValues(word)))
  return [...words, ...inUrls].filter(part => part.length >= minGuessLength)
}

function behindHost(url: string): string {
  return /^\w+:\/\/[^/?#]*(.*)$/s.exec(url)?.[1] ?? ''
}

function queryValues(url: string): string[] {
  if (!URL.canParse(url)) return []
  return [...new URL(url).searchParams.values()].filter(value => value.length >= minGuessLength)
}

function addAll(secrets: Set<string>, values: readonly string[]): void {
  for (const value of values) if (value !== '') secrets.add(value)
}

function entriesOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item])
  return isMapping(value) ? Object.entries(value) : []
}

function schemaOf(parent: Schema, key: string | number): Schema {
  if (typeof key === 'number') return parent.items ?? {}
  return parent.properties?.[key] ?? Object.values(parent.patternProperties ?? {})[0] ?? {}
}
