// What Node's parser or its time-outs refuse. There may be no request yet to answer; or one of which the rest is broken,
// and which is answered as it stands; or one that is complete, in whose answer another must not meddle.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, FaultError } from '../../../../schemas/errors.ts'
import { answerTo, jsonType } from '../answer.ts'
import { breakOff } from '../body/request.ts'
import type { SourceServer } from './server.ts'

const faults: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_INVALID_EOF_STATE: 'request_aborted'
}

export function answerBroken(
  error: NodeJS.ErrnoException,
  socket: Socket,
  server: SourceServer | undefined
): void {
  // What is not about HTTP, such as a handshake that did not end, leaves nobody to answer.
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? '') || !socket.writable) {
    socket.destroy()
    return
  }
  const fault = new FaultError(faults[error.code ?? ''] ?? 'request_malformed')
  const pending = server?.pendingOn(socket)
  if (pending === undefined) answerOnSocket(fault, socket)
  else {
    pending.shouldKeepAlive = false
    if (!pending.req.complete) breakOff(pending.req, fault)
  }
}

function answerOnSocket(fault: FaultError, socket: Socket): void {
  const { status, body } = answerTo({ fault, stored: 0 })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Content-Type: ${jsonType}`,
    `Content-Length: ${Buffer.byteLength(body)}`
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
