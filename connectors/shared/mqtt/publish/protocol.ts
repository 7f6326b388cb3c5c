// MQTT as a publisher sees it: connections that stand after their CONNACK, and messages that travel in PUBLISH packets, several of
// a topic in one where that is wanted.

import type { FaultError } from '../../../../schemas/errors.ts'
import type { Failure, Message, Outcome } from '../../../connector.ts'
import type { Group } from '../../publishing/delivery.ts'
import type { Protocol } from '../../publishing/protocol.ts'
import { Connection, type ConnectionSettings } from '../connection.ts'
import { faultOfError, outcomeOfFault } from '../outcome.ts'
import { publishBytes } from './packet-size.ts'
import type { Publication, Publications } from './publications.ts'

export class MqttProtocol implements Protocol<Connection, Publication> {
  readonly followsCode = 'mqtt_predecessor_failed'
  readonly #settings: ConnectionSettings
  readonly #publications: Publications

  constructor(settings: ConnectionSettings, publications: Publications) {
    this.#settings = settings
    this.#publications = publications
  }

  connect(): Connection {
    return new Connection(this.#settings)
  }

  group(messages: readonly Message[], isAlone: (message: Message) => boolean): Group[] {
    return this.#publications.group(messages, isAlone)
  }

  make(messages: readonly Message[], connection: Connection): Publication | Failure {
    const publication = this.#publications.tryOf(messages)
    const excess = 'kind' in publication ? null : connection.excessOf(publication)
    return excess === null ? publication : { kind: 'reject', code: 'mqtt_too_large', detail: excess }
  }

  bytesOf(publication: Publication): number {
    return publishBytes(publication, this.#settings.qos)
  }

  hasRoomFor(connection: Connection): boolean {
    return connection.room > 0
  }

  publish(connection: Connection, publication: Publication, answer: (outcome: Outcome) => void): void {
    connection.publish(publication, answer)
  }

  /** A broker that is busy answers later. */
  blockOf(): null {
    return null
  }

  told(_messages: readonly Message[], outcome: Outcome): Outcome {
    return outcome
  }

  isOfMessage(): boolean {
    return false
  }

  faultOfError(error: unknown, isOpen: boolean): FaultError {
    return faultOfError(error, isOpen)
  }

  outcomeOfFault(fault: FaultError, sent: boolean): Failure {
    return outcomeOfFault(fault, sent)
  }
}
