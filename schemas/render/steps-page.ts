// The reference page of the steps. They are defined where they are applied; their settings, and examples that a test plays,
// are what stands here.

import type { TSchema } from 'typebox'
import { plainSchema, type Schema } from '../json-schema.ts'
import { about, keyRows, keysTable } from './configuration-page.ts'
import { expected } from './expected.ts'
import { code, json, page, table } from './markdown.ts'

interface ExampleRun {
  /** In YAML. */
  readonly settings: string
  readonly messages: readonly object[]
  /** The message, `filtered`, `expired`, or why it is rejected. */
  readonly results: readonly unknown[]
}

interface StepPart {
  readonly kind: string
  readonly summary: string
  readonly config: TSchema
  readonly examples: readonly ExampleRun[]
}

const introduction = `What may stand under \`steps\` of a stream. How steps work together, what they remember, and whole streams with them are in
[processors/steps/README.md](../../processors/steps/README.md); expressions are described in
[processors/expression/README.md](../../processors/expression/README.md).

The messages of an example are of one device, one after the other. In the examples it is 2026-01-01T00:00:00Z, the geofence
\`depot\` is a circle of 500 m around 52.52, 13.405, and the device has the attribute \`plate\`: "CB 1234 AB". A message that is
rejected goes to the dead letters, with the reason.`

/** The page; `steps` in the order in which they are shown. */
export function stepsPage(steps: readonly StepPart[]): string {
  const list = steps.map(({ kind, summary }) => [`[${code(kind)}](#${kind})`, firstSentence(summary)])
  return page(
    ['# Steps', introduction, table(['Step', 'What it does'], list), ...steps.flatMap(section)],
    'processors/steps/'
  )
}

function firstSentence(summary: string): string {
  return inText(summary.split(/(?<=\.)\s/)[0] ?? '')
}

function section({ kind, summary, config, examples }: StepPart): string[] {
  return [
    `## ${code(kind)}`,
    inText(summary),
    keysTable(rowsOf(kind, plainSchema(config))),
    ...examples.flatMap(example)
  ]
}

/** A row for each setting: the keys of a mapping, those of mappings by name, or the whole. */
function rowsOf(kind: string, schema: Schema): string[][] {
  if (schema.properties !== undefined) return keyRows(schema)
  const [value] = Object.values(schema.patternProperties ?? {})
  if (value?.properties !== undefined) return keyRows(value, '<name>.')
  if (value !== undefined) return [[code('<name>'), expected(value), 'required', about(value)]]
  const isAnything = schema.type === undefined
  return [[code(kind), isAnything ? 'anything' : expected(schema), 'required', about(schema)]]
}

function example({ settings, messages, results }: ExampleRun): string[] {
  const rows = messages.map((message, at) => [json(message), resultOf(results[at])])
  return [`\`\`\`yaml\nsteps:\n  - ${settings}\n\`\`\``, table(['message', 'result'], rows)]
}

function resultOf(result: unknown): string {
  if (typeof result !== 'string') return json(result)
  return result === 'filtered' || result === 'expired' ? result : `rejected: ${inText(result)}`
}

/** Outside of code, Markdown takes <name> for HTML. */
function inText(text: string): string {
  return text.replaceAll('<', '&lt;')
}
