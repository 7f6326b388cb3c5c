// Bodies, and what messages become in them, as the user has written them in JSON: `{name}` stands for a field of the message,
// `{@message}` for all of it, `{@messages}` for the array of all messages; there are `{@batch}`, the id of the batch, `{@count}`,
// `{@id}`, that of the message, and `{@ms}`, its time. Within quotes a placeholder is text, outside of them any value; what the
// message lacks is null.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { Fields } from '../../shared/fields.ts'
import { parseTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import { arrayBody } from './body.ts'
import type { Format } from './formats.ts'

const requestNames = ['@messages', '@batch', '@count']
const messageNames = ['@message', '@id', '@ms']

/** Throws a FaultError `config_invalid` for a text that gives no JSON. */
export function bodyTemplate(text: string): Format {
  const template = parseTemplate(text)
  const quoted = quotedIn(template)
  check(template, quoted, 'body')
  const isSingle = !template.names.includes('@messages')
  return {
    contentType: 'application/json',
    isSingle,
    overheadBytes: { message: 1, body: text.length + 128 },
    build: (messages, batchId) => {
      const pieces: Buffer[] = []
      const [first] = messages
      const fields = first === undefined ? null : new Fields(first)
      let literal = template.texts[0] ?? ''
      template.names.forEach((name, at) => {
        if (name === '@messages') {
          pieces.push(Buffer.from(literal), arrayBody(messages))
          literal = ''
        } else
          literal += put(
            jsonOf(name, { fields, batchId, first, count: messages.length }),
            quoted[at] === true
          )
        literal += template.texts[at + 1] ?? ''
      })
      return Buffer.concat([...pieces, Buffer.from(literal)])
    }
  }
}

/** What each message becomes. Throws a FaultError `config_invalid` for a text that gives no JSON. */
export function itemTemplate(text: string): (message: Message) => Buffer {
  const template = parseTemplate(text)
  const quoted = quotedIn(template)
  const foreign = template.names.find(name => requestNames.includes(name))
  if (foreign !== undefined) {
    const detail = `must not name {${foreign}}, which is of the request, and not of a message`
    throw new FaultError('config_invalid', { path: 'item', detail })
  }
  check(template, quoted, 'item')
  return message => {
    const about = { fields: new Fields(message), batchId: '', first: message, count: 1 }
    return Buffer.from(renderTemplate(template, (name, at) => put(jsonOf(name, about), quoted[at] === true)))
  }
}

interface Surroundings {
  readonly fields: Fields | null
  readonly batchId: string
  readonly first: Message | undefined
  readonly count: number
}

/** As JSON. */
function jsonOf(name: string, { fields, batchId, first, count }: Surroundings): string {
  if (name === '@batch') return JSON.stringify(batchId)
  if (name === '@id') return JSON.stringify(first?.id() ?? null)
  if (name === '@count') return String(count)
  if (name === '@message') return first !== undefined && first.size > 0 ? first.value().toString() : 'null'
  if (name === '@ms') return String(timeOf(first, fields))
  return fields?.json(name) ?? 'null'
}

/** Unix ms: when it was measured, else when Kafka got it. */
function timeOf(message: Message | undefined, fields: Fields | null): number {
  const seconds = fields?.get('timestamp')
  return typeof seconds === 'number' ? Math.round(seconds * 1_000) : (message?.timestampMs ?? 0)
}

/** Within quotes a text without its own; whatever else it is stands there as it is written in JSON. */
function put(json: string, isQuoted: boolean): string {
  if (!isQuoted) return json
  return json.startsWith('"') ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1)
}

/** Which placeholders stand within quotes. */
function quotedIn({ texts }: Template): boolean[] {
  let isQuoted = false
  return texts.map(text => {
    for (const [character] of text.matchAll(/\\.|"/gs)) if (character === '"') isQuoted = !isQuoted
    return isQuoted
  })
}

function check(template: Template, quoted: readonly boolean[], path: 'body' | 'item'): void {
  const { names } = template
  const wrong = (detail: string) => new FaultError('config_invalid', { path, detail })
  const isArray = names.includes('@messages')
  const known = [...messageNames, ...requestNames]
  const foreign = names.find(name => name.startsWith('@') && !known.includes(name))
  if (foreign !== undefined) throw wrong(`must not name {${foreign}}: there are ${known.join(', ')}`)
  const single = isArray ? names.find(name => !requestNames.includes(name)) : undefined
  if (single !== undefined)
    throw wrong(`must not name {${single}}, which is of one message, beside {@messages}, which are several`)
  if (names.filter(name => name === '@messages').length > 1) throw wrong('must have {@messages} once')
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
