// Bodies as the user has written them in JSON, with placeholders as in shared/json/filled.ts and three that are of the
// request: `{@messages}`, the array of all messages, `{@batch}`, the id of the batch, and `{@count}`.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { Fields } from '../../shared/fields.ts'
import { arrayBody } from '../../shared/json/bodies.ts'
import { checkJson, messageJson, messageNames, put, quotedIn } from '../../shared/json/filled.ts'
import { parseTemplate, type Template } from '../../shared/template.ts'
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
  if (name === '@count') return String(count)
  return messageJson(name, first, fields)
}

function check(template: Template, quoted: readonly boolean[]): void {
  const { names } = template
  const wrong = (detail: string) => new FaultError('config_invalid', { path: 'body', detail })
  checkJson(template, { quoted, path: 'body', known: [...messageNames, ...requestNames] })
  const isArray = names.includes('@messages')
  const single = isArray ? names.find(name => !requestNames.includes(name)) : undefined
  if (single !== undefined)
    throw wrong(`must not name {${single}}, which is of one message, beside {@messages}, which are several`)
  if (names.filter(name => name === '@messages').length > 1) throw wrong('must have {@messages} once')
}
