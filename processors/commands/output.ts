// How commands print: colour for people on a terminal, plain text everywhere else, and one JSON object with --json.

import { styleText } from 'node:util'

export type Paint = (style: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string

/** Colours text only where the stream is a terminal whose user did not set NO_COLOR. */
export function painter(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  const coloured = stream.isTTY === true && (env.NO_COLOR ?? '') === ''
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text)
}

/** Prints one line of JSON on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** `1 stream`, `2 streams`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
