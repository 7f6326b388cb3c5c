// Helm checks values with regular expressions of Go (RE2) and knows no formats of ours. This says the same in its dialect:
// what Go does not know is put in other keywords. A pattern that cannot be translated fails the generation.

/** A schema as plain JSON: this works on what is rendered already. */
export type Json = Readonly<Record<string, unknown>>

/** Go repeats a part a thousand times at most. */
const mostRepeats = 1_000

/** The same schema with patterns that Go can read. Throws an Error for one that has no translation. */
export function goDialect(schema: Json): Json {
  const { pattern, patternProperties, ...rest } = schema
  const result: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).map(([keyword, value]) => [keyword, translated(keyword, value)])
  )
  if (typeof pattern === 'string') Object.assign(result, textRules(pattern))
  if (isSchema(patternProperties)) Object.assign(result, nameRules(patternProperties))
  return result
}

function translated(keyword: string, value: unknown): unknown {
  if (keyword === 'properties' && isSchema(value)) return each(value)
  if (keyword === 'items' && isSchema(value)) return goDialect(value)
  if (keyword === 'anyOf' && Array.isArray(value)) return value.map(goDialect)
  return value
}

function each(schemas: Json): Json {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, isSchema(schema) ? goDialect(schema) : schema])
  )
}

/** The keywords that say of a text what the pattern does. */
function textRules(pattern: string): Json {
  const { ahead, plain, maxLength } = parts(pattern)
  return {
    pattern: plain,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(ahead === undefined ? {} : { not: { pattern: ahead } })
  }
}

/** What names may be, and what stands behind each. */
function nameRules(byPattern: Json): Json {
  const entries = Object.entries(byPattern).map(([pattern, schema]) => ({ ...parts(pattern), schema }))
  const refused = entries.flatMap(({ ahead }) => (ahead === undefined ? [] : [{ pattern: ahead }]))
  return {
    patternProperties: each(Object.fromEntries(entries.map(({ plain, schema }) => [plain, schema]))),
    ...(refused.length === 0 ? {} : { propertyNames: { not: { anyOf: refused } } })
  }
}

interface Parts {
  /** Without anything that Go does not know. */
  readonly plain: string
  /** What the text must not begin with. */
  readonly ahead?: string
  readonly maxLength?: number
}

function parts(pattern: string): Parts {
  const text = pattern.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16))
  )
  const [, inside, behind] = /^\^\(\?!((?:[^()]|\([^()]*\))*)\)(.*)$/s.exec(text) ?? []
  const rest = inside === undefined ? text : `^${behind}`
  if (rest.includes('(?')) throw new Error(`Go cannot read the pattern ${pattern}`)
  const [, repeated, most] = /^\^(\.|\[[^\]]*\])\{1,(\d+)\}\$$/.exec(rest) ?? []
  const isLong = Number(most) > mostRepeats
  return {
    plain: isLong ? `^${repeated}+$` : rest,
    ...(isLong && { maxLength: Number(most) }),
    ...(inside !== undefined && { ahead: `^${inside}` })
  }
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
