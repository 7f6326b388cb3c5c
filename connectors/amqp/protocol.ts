// AMQP as a publisher sees it: connections with one channel in confirm mode, and a message in each basic.publish.

import { FaultError } from '../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../connector.ts'
import type { Group } from '../shared/publishing/delivery.ts'
import type { Protocol } from '../shared/publishing/protocol.ts'
import { detailOf } from '../shared/tls.ts'
import type { Broker } from './broker.ts'
import { Connection, type ConnectionSettings } from './connection/connection.ts'
import { faultOfError, outcomeOfBlock, outcomeOfFault } from './outcome.ts'
import type { Publication, Publications } from './publications.ts'
import { Unroutable } from './unroutable.ts'

/** Of all connections; `brokers` are the nodes of a cluster, at least one. */
export type ClusterSettings = Omit<ConnectionSettings, 'broker'> & { readonly brokers: readonly Broker[] }

export class AmqpProtocol implements Protocol<Connection, Publication> {
  readonly followsCode = 'amqp_predecessor_failed'
  readonly #settings: ClusterSettings
  readonly #publications: Publications
  /** Counts connections; each goes to the next node. */
  #next: number
  readonly #unroutable = new Unroutable()

  /** `first` is the node to begin with, so that several connections are spread over the cluster. */
  constructor(settings: ClusterSettings, publications: Publications, first = 0) {
    this.#settings = settings
    this.#publications = publications
    this.#next = first
  }

  connect(onChange: () => void): Connection {
    const { brokers, ...settings } = this.#settings
    const broker = brokers[this.#next++ % brokers.length]
    if (broker === undefined) throw new FaultError('internal', { detail: 'no broker to connect to' })
    return new Connection({ ...settings, broker }, onChange)
  }

  group(messages: readonly Message[]): Group[] {
    return messages.map((_, at) => [at])
  }

  make(messages: readonly Message[]): Publication | Failure {
    return this.#publications.tryOf(only(messages))
  }

  bytesOf({ bytes }: Publication): number {
    return bytes
  }

  hasRoomFor(connection: Connection, publication?: Publication): boolean {
    return connection.hasRoomFor(publication?.bytes ?? 0)
  }

  publish(connection: Connection, publication: Publication, answer: (outcome: Outcome) => void): void {
    const published = this.#unroutable.published()
    const answered = (outcome: Outcome) => {
      this.#unroutable.answered(published)
      answer(outcome)
    }
    try {
      connection.publish(publication, answered)
    } catch (error) {
      answered({ kind: 'reject', code: 'amqp_message_unfit', detail: detailOf(error) })
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
  if (message === undefined) throw new FaultError('internal', { detail: 'a publication without a message' })
  return message
}
