// A body that the user has written, in JSON: `{name}` stands for a field of the message, `{@messages}` for the array of all
// messages, `{@batch}` for the id of the batch, `{@id}` for that of the message, `{@count}` for how many there are. Within
// quotes a placeholder is text, outside of them any value; what the message lacks is null.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { Fields } from '../../shared/fields.ts'
import { parseTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import { arrayBody } from './body.ts'
import type { Format } from './formats.ts'

const requestNames = ['@messages', '@batch', '@count']

/** Throws a FaultError `config_invalid` for a text that gives no JSON. */
export function bodyTemplate(text: string): Format {
  const template = parseTemplate(text)
  const quoted = quotedIn(template)
  check(template, quoted)
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
  return fields?.json(name) ?? 'null'
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

function check(template: Template, quoted: readonly boolean[]): void {
  const { names } = template
  const wrong = (detail: string) => new FaultError('config_invalid', { path: 'body', detail })
  const isArray = names.includes('@messages')
  const foreign = names.find(name => name.startsWith('@') && ![...requestNames, '@id'].includes(name))
  if (foreign !== undefined)
    throw wrong(`must not name {${foreign}}: there are @messages, @batch, @count and @id`)
  const single = isArray ? names.find(name => !requestNames.includes(name)) : undefined
  if (single !== undefined)
    throw wrong(`must not name {${single}}, which is of one message, beside {@messages}, which are several`)
  if (names.filter(name => name === '@messages').length > 1) throw wrong('must have {@messages} once')
  if (names.some((name, at) => name === '@messages' && quoted[at]))
    throw wrong('must have {@messages} outside of quotes')
  const sample = renderTemplate(template, (_, at) => (quoted[at] ? 'x' : '0'))
  try {
    JSON.parse(sample)
  } catch {
    throw wrong(
      `must be JSON once its placeholders are filled in; with 0 for each it is ${sample.slice(0, 100)}`
    )
  }
}
