// What is configured alike of sources that listen.

import { Type } from 'typebox'
import { milliseconds } from '../../../schemas/define.ts'

export const listenHost = Type.String({
  description: 'The address to listen on.',
  default: '127.0.0.1',
  minLength: 1,
  'x-public': true,
  examples: ['0.0.0.0']
})

export const allowInsecure = Type.Boolean({
  description: 'Allows listening on an address that other machines reach although everyone may send.',
  default: false
})

export const idleTimeoutMs = milliseconds(
  'Closes a connection over which nothing comes for so long, or up to a quarter longer; 0: none.',
  3_600_000,
  0
)
