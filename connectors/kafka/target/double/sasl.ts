// SaslHandshake (key 17), version 1. Request: mechanism string. Response: error int16, mechanisms: string.
// SaslAuthenticate (key 36), version 1. Request: auth bytes. Response: error int16, message nullable string, auth bytes,
// session lifetime int64. The bytes of PLAIN are NUL, user, NUL, password (RFC 4616).

import type { Reader } from '../../log/kafkajs/fetch/reader.ts'
import { Writer } from './wire.ts'

export interface Account {
  readonly username: string
  readonly password: string
}

const unsupportedMechanism = 33
const authenticationFailed = 58

export function saslHandshake(request: Reader): Buffer {
  const isPlain = request.string() === 'PLAIN'
  const writer = new Writer().int16(isPlain ? 0 : unsupportedMechanism)
  return writer.array(['PLAIN'], mechanism => void writer.string(mechanism)).take()
}

/** Like a bad broker, it quotes what it refuses. */
export function saslAuthenticate(request: Reader, { username, password }: Account) {
  const [, user, secret] = request.take(request.int32()).toString().split('\0')
  const isIn = user === username && secret === password
  const writer = new Writer().int16(isIn ? 0 : authenticationFailed)
  writer.string(isIn ? null : `no access for ${user} with ${secret}`)
  return { isIn, response: writer.bytes(Buffer.alloc(0)).int64(0).take() }
}
