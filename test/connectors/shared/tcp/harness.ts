// Sources that listen on TCP, and what they tell their surroundings, all on loopback.

import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { type Clock, systemClock } from '../../../../connectors/clock.ts'
import type { SourceEnv } from '../../../../connectors/connector.ts'
import { ByteBudget } from '../../../../connectors/shared/byte-budget.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import type { EventName } from '../../../../schemas/events.ts'

/** What a source has told. */
export class Told {
  readonly accepted: [channel: string, messages: number, bytes: number][] = []
  readonly refused: [channel: string, code: ErrorCode][] = []
  readonly events: [name: EventName, fields: Readonly<Record<string, unknown>>][] = []

  lines(name: EventName): Readonly<Record<string, unknown>>[] {
    return this.events.flatMap(([event, fields]) => (event === name ? [fields] : []))
  }

  env({ clock = systemClock, maxBytes = 67_108_864 }: { clock?: Clock; maxBytes?: number } = {}): SourceEnv {
    return {
      clock,
      log: (name, fields = {}) => void this.events.push([name, fields]),
      meter: {
        accepted: (...args) => void this.accepted.push(args),
        refused: (...args) => void this.refused.push(args)
      },
      budget: new ByteBudget(maxBytes, clock),
      listen: { host: '127.0.0.1', port: 0 }
    }
  }
}

/** A sender that is connected, and keeps what it hears. */
export interface Sender {
  readonly socket: Socket
  readonly heard: Buffer
  readonly isClosed: boolean
}

export async function senderAt(t: ExecutionContext, port: number): Promise<Sender> {
  const chunks: Buffer[] = []
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
  let isClosed = false
  socket.on('data', chunk => void chunks.push(chunk)).on('error', () => {})
  socket.on('end', () => {
    isClosed = true
    socket.end()
  })
  socket.on('close', () => {
    isClosed = true
  })
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return {
    socket,
    get heard() {
      return Buffer.concat(chunks)
    },
    get isClosed() {
      return isClosed
    }
  }
}
