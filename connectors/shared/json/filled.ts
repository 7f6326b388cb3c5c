// JSON that the user has written with placeholders in it: `{name}` stands for a field of the message, `{@message}` for
// all of it, `{@id}` for its id, and `{@ms}` for its time. Within quotes a placeholder is text, outside of them any
// value; what the message lacks is null.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { Fields } from '../fields.ts'
import { parseTemplate, renderTemplate, type Template } from '../template.ts'

export const messageNames = ['@message', '@id', '@ms']

/** What a message becomes; its fields may be there already. */
export type Shape = (message: Message, fields?: Fields) => Buffer

/** What each message becomes. Throws a FaultError `config_invalid` for a text that gives no JSON. */
export function itemTemplate(text: string): Shape {
  const template = parseTemplate(text)
  const quoted = quotedIn(template)
  checkJson(template, { quoted, path: 'item', known: messageNames })
  return (message, fields = new Fields(message)) => {
    const json = (name: string) => messageJson(name, message, fields)
    return Buffer.from(renderTemplate(template, (name, at) => put(json(name), quoted[at] === true)))
  }
}

/** What a placeholder stands for, as JSON. */
export function messageJson(name: string, message: Message | undefined, fields: Fields | null): string {
  if (name === '@id') return JSON.stringify(message?.id() ?? null)
  if (name === '@message')
    return message !== undefined && message.size > 0 ? message.value().toString() : 'null'
  if (name === '@ms') return String(timeOf(message, fields))
  return fields?.json(name) ?? 'null'
}

/** Unix ms: when it was measured, else when Kafka got it. */
function timeOf(message: Message | undefined, fields: Fields | null): number {
  const seconds = fields?.get('timestamp')
  return typeof seconds === 'number' ? Math.round(seconds * 1_000) : (message?.timestampMs ?? 0)
}

/** Within quotes a text without its own; whatever else it is stands there as it is written in JSON. */
export function put(json: string, isQuoted: boolean): string {
  if (!isQuoted) return json
  return json.startsWith('"') ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1)
}

/** Which placeholders stand within quotes. */
export function quotedIn({ texts }: Template): boolean[] {
  let isQuoted = false
  return texts.map(text => {
    for (const [character] of text.matchAll(/\\.|"/gs)) if (character === '"') isQuoted = !isQuoted
    return isQuoted
  })
}

interface Checked {
  readonly quoted: readonly boolean[]
  /** The setting that the text is of. */
  readonly path: string
  /** The names with @ that may stand in it. */
  readonly known: readonly string[]
}

/** Throws a FaultError `config_invalid` where the text would not be JSON once it is filled in. */
export function checkJson(template: Template, { quoted, path, known }: Checked): void {
  const { names } = template
  const wrong = (detail: string) => new FaultError('config_invalid', { path, detail })
  const foreign = names.find(name => name.startsWith('@') && !known.includes(name))
  if (foreign !== undefined) throw wrong(`must not name {${foreign}}: there are ${known.join(', ')}`)
  const inside = names.find((name, at) => /^@messages?$/.test(name) && quoted[at])
  if (inside !== undefined) throw wrong(`must have {${inside}} outside of quotes`)
  const sample = renderTemplate(template, (_, at) => (quoted[at] ? 'x' : '0'))
  try {
    JSON.parse(sample)
  } catch {
    throw wrong(
      `must be JSON once its placeholders are filled in; with 0 for each it is ${sample.slice(0, 100)}`
    )
  }
}
