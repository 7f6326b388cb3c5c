// Payloads of one or several messages. Where nothing is added to the messages their bytes are copied as they are.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Message } from '../../../connector.ts'
import type { Fields } from '../../fields.ts'
import { arrayBody } from '../../json/bodies.ts'
import { itemTemplate, type Shape } from '../../json/filled.ts'
import type { PublishConfig } from './config.ts'

/** `first` are the fields of the first message. */
export type Payload = (messages: readonly Message[], first: Fields) => Buffer

/** How messages become a payload. Throws a FaultError `config_invalid` for an item that gives no JSON. */
export function payloadOf({ format, item }: Pick<PublishConfig, 'format' | 'item'>): Payload {
  const shape: Shape = item === undefined ? message => message.value() : itemTemplate(item)
  if (format === 'byDevice') return messages => byDevice(messages, shape)
  if (format === 'object')
    return ([message], fields) => (message === undefined ? Buffer.alloc(0) : shape(message, fields))
  return item === undefined ? arrayBody : messages => array(messages.map(message => shape(message)))
}

/** `{"device": [its messages], ...}` in the order of first appearance. */
function byDevice(messages: readonly Message[], shape: Shape): Buffer {
  const devices = new Map<string, Buffer[]>()
  for (const message of messages) {
    const key = message.key()
    if (key === null)
      throw new FaultError('mqtt_message_unfit', { detail: 'it has no key, so its device is unknown' })
    const own = devices.get(key)
    if (own === undefined) devices.set(key, [shape(message)])
    else own.push(shape(message))
  }
  const members = Array.from(devices, ([key, items]) => [
    Buffer.from(`${JSON.stringify(key)}:`),
    array(items)
  ])
  return Buffer.concat([open.brace, ...between(members).flat(), close.brace])
}

const open = { bracket: Buffer.from('['), brace: Buffer.from('{') }
const close = { bracket: Buffer.from(']'), brace: Buffer.from('}') }
const comma = [Buffer.from(',')]

/** A record without value has no JSON; `null` stands in for it, so that the array stays well-formed. */
function array(items: readonly Buffer[]): Buffer {
  const written = items.map(item => [item.length > 0 ? item : Buffer.from('null')])
  return Buffer.concat([open.bracket, ...between(written).flat(), close.bracket])
}

function between(parts: readonly Buffer[][]): Buffer[][] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [comma, part]))
}
