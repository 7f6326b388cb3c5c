// The receiver behind `tailrace receive`: reads what was POSTed, counts and keeps it, and answers as ordered.

import type { Clock } from '../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../connectors/http/double.ts'
import { type Faults, replyFor } from './faults.ts'
import type { SaveFile } from './save.ts'
import { isRefusal, type Tally } from './tally.ts'

export interface ReceiverOptions {
  readonly clock: Clock
  readonly host: string
  readonly port: number
  readonly faults: Faults
  readonly tally: Tally
  readonly save: SaveFile | undefined
}

export function createReceiver(options: ReceiverOptions): HttpDouble {
  const { clock, host, port, faults, tally, save } = options
  const reply = (request: Received): Reply => {
    const isNdjson = request.headers['content-type']?.includes('ndjson') === true
    const messages = messagesIn(request.body, isNdjson)
    const answer = messages === undefined ? malformed : replyFor(faults, clock.random())
    tally.add(messages ?? [], answer)
    if (!isRefusal(answer)) save?.append(request.body, isNdjson)
    return answer
  }
  return new HttpDouble({ clock, host, port, reply })
}

const malformed: Reply = {
  kind: 'answer',
  status: 400,
  body: 'expected a JSON array, one object, or NDJSON\n'
}

/** What was POSTed, one by one; undefined for what is no JSON. */
export function messagesIn(body: Buffer, isNdjson: boolean): unknown[] | undefined {
  const text = body.toString('utf8')
  try {
    const value = JSON.parse(isNdjson ? `[${text.trim().split('\n').join(',')}]` : text)
    return Array.isArray(value) ? value : [value]
  } catch {
    return undefined
  }
}
