// AMQP as a publisher sees it: connections with one channel in confirm mode, and a message in each basic.publish.

import type { FaultError } from '../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../connector.ts'
import type { Group } from '../shared/publishing/delivery.ts'
import type { Protocol } from '../shared/publishing/protocol.ts'
import { detailOf } from '../shared/tls.ts'
import { Connection, type ConnectionSettings } from './connection/connection.ts'
import { faultOfError, outcomeOfBlock, outcomeOfFault } from './outcome.ts'
import type { Publication, Publications } from './publications.ts'
import { Unroutable } from './unroutable.ts'

export class AmqpProtocol implements Protocol<Connection, Publication> {
  readonly followsCode = 'amqp_predecessor_failed'
  readonly #settings: ConnectionSettings
  readonly #publications: Publications
  readonly #unroutable = new Unroutable()

  constructor(settings: ConnectionSettings, publications: Publications) {
    this.#settings = settings
    this.#publications = publications
  }

  connect(onChange: () => void): Connection {
    return new Connection(this.#settings, onChange)
  }

  group(messages: readonly Message[]): Group[] {
    return messages.map((_, at) => [at])
  }

  make(messages: readonly Message[]): Publication | Failure {
    return this.#publications.tryOf(only(messages))
  }

  bytesOf({ bodyBytes }: Publication): number {
    return bodyBytes
  }

  hasRoomFor(connection: Connection, publication?: Publication): boolean {
    return connection.hasRoomFor(publication?.bodyBytes ?? 0)
  }

  publish(connection: Connection, publication: Publication, answer: (outcome: Outcome) => void): void {
    try {
      connection.publish(publication, answer)
    } catch (error) {
      answer({ kind: 'reject', code: 'amqp_message_unfit', detail: detailOf(error) })
    }
  }

  blockOf({ blocked }: Connection): Failure | null {
    return blocked === null ? null : outcomeOfBlock(blocked)
  }

  told(messages: readonly Message[], outcome: Outcome): Outcome {
    return this.#unroutable.note(only(messages), outcome)
  }

  isOfMessage({ code }: FaultError): boolean {
    return code === 'amqp_channel_closed'
  }

  faultOfError(error: unknown, isOpen: boolean): FaultError {
    return faultOfError(error, isOpen)
  }

  outcomeOfFault(fault: FaultError, sent: boolean): Failure {
    return outcomeOfFault(fault, sent)
  }
}

function only([message]: readonly Message[]): Message {
  if (message === undefined) throw new Error('a publication without a message')
  return message
}
