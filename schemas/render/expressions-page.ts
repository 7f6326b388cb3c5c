// The reference page of the functions of expressions. The functions are defined where they are compiled; what is said of
// them there, with examples that a test evaluates, is what stands here.

import { code, json, page, table } from './markdown.ts'

interface ExampleCall {
  readonly expression: string
  readonly message?: object
  /** The message before of the same device. */
  readonly previous?: object
  /** Undefined for an error. */
  readonly result?: unknown
}

interface FunctionPart {
  readonly usage: string
  readonly summary: string
  readonly examples: readonly ExampleCall[]
}

const introduction = `What the functions of expressions give, by what they are about. The language itself, with its operators, is described in
[processors/expression/README.md](../../processors/expression/README.md).

An argument with a ? may be left out. An argument of the wrong type makes the call an error, and so does one that is an error
itself, unless the function says otherwise; true counts as the number 1, false as 0. Names of fields, geofences and time zones
are given in quotes; a geofence or time zone that does not exist is a mistake, which \`tailrace check\` tells.

In the examples it is 2026-01-01T00:00:00Z, and the geofence \`depot\` is a circle of 500 m around 52.52, 13.405. "After" is the
message before of the same device.`

/** The page; `groups` are the functions by what they are about. */
export function expressionsPage(groups: Readonly<Record<string, readonly FunctionPart[]>>): string {
  const sections = Object.entries(groups).flatMap(([title, functions]) => [
    `## ${title}`,
    ...functions.flatMap(section)
  ])
  return page(['# Functions of expressions', introduction, ...sections], 'processors/expression/functions/')
}

function section({ usage, summary, examples }: FunctionPart): string[] {
  const rows = examples.map(({ expression, message, previous, result }) => [
    code(expression),
    (message === undefined ? '' : json(message)) + (previous === undefined ? '' : ` after ${json(previous)}`),
    result === undefined ? 'error' : json(result)
  ])
  return [
    `### ${code(usage)}`,
    summary.replaceAll('<', '&lt;'),
    table(['expression', 'message', 'result'], rows)
  ]
}
