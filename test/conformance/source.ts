// The contract of sources as one menu of behaviours, the mirror image of target.ts. A connector takes part with a file
// of a few lines:
//
//   sourceSuite(test.serial, {
//     name: 'http', definition: httpSource,
//     open: options => new HttpOutside(options),        // what sends to it, on real sockets
//     lacks: { server: 'it listens, and connects to nobody' }
//   })
//
// in a test file of its own, because the suite looks at what is open in the process. A source may listen for senders, or
// connect to a server that they send to: the outside is either the senders alone, or such a server with senders behind
// it. What a protocol cannot do is named in `lacks` with the reason, which is printed in place of the behaviours that need
// it. The behaviours are in source/, what holds in each of them in source-case.ts.
//
// The suite's messages are JSON objects with ident, timestamp (seconds), seq (a number per device, from 1), note (a text)
// and a position. Kafka is played by the suite: source/store.ts.

import type { ListenAddress, SourceDefinition } from '../../connectors/connector.ts'
import type { Declare } from './log.ts'
import { declareMenu } from './report/declare.ts'
import { acknowledgingBehaviours } from './source/acknowledging.ts'
import { badBehaviours } from './source/bad.ts'
import { changingBehaviours } from './source/changing.ts'
import { outageBehaviours } from './source/outages.ts'
import { pressureBehaviours } from './source/pressure.ts'
import { stoppingBehaviours } from './source/stopping.ts'
import { SourceCase } from './source-case.ts'

export interface SourceUnderTest {
  /** Stands before the title of each behaviour. */
  readonly name: string
  readonly definition: SourceDefinition
  /** Opens the other side of the source. The suite closes it. */
  open(options: OutsideOptions): Promise<Outside>
  /** Which message a stored value is: `<ident>#<seq>`. Default: it is the JSON that was sent. */
  identify?(value: Buffer): string
  /** What `env.listen` has besides an address on loopback, of a source that listens there. */
  readonly listen?: Omit<ListenAddress, 'host' | 'port'>
  /** Each ability that the protocol or this outside has not, and why. */
  readonly lacks: Readonly<Partial<Record<SourceAbility, string>>>
}

/** What not every protocol, or not every outside, can do. */
export type SourceAbility =
  /** It listens on a port; each port is told by the event `listener_opened`, with `channel` where it is of one channel. */
  | 'listener'
  /** It connects to a server, which can be away for a while: `stop()` and `start()` of the outside. */
  | 'server'
  /** Senders, or the source towards a server, prove who they are. */
  | 'credentials'
  /** Messages are stored as the very bytes that were sent. */
  | 'verbatim'
  /** An ident may be any text. */
  | 'any ident'
  /** What is no message is not refused, but set aside among the dead letters of its channel, and acknowledged then. */
  | 'sets aside'
  /** Several connections at once. */
  | 'many connections'
  /** A sender can cut its connection, and be told nothing of what it sent; */
  | 'cut'
  /** or close its half of it and wait for what comes; */
  | 'half-close'
  /** or send byte by byte; */
  | 'single bytes'
  /** or see how many bytes were taken from it. */
  | 'taken'
  /** A sender can send what is no message, in each of these ways. */
  | Bad

/** Ways to be wrong. */
export type Bad =
  /** A message of the protocol that is none of ours: no ident, no JSON, no position. */
  | 'no message'
  /** Bytes that are not of the protocol. */
  | 'garbage'
  /** A message that breaks off, with its connection. */
  | 'truncated'
  /** A message that is larger than is allowed. */
  | 'oversized'

export interface OutsideOptions {
  /** The one credential that is right: a password, a token. */
  readonly credential: string
  /** To be called in the moment in which a sender learns that this message, as it was given to send(), is acknowledged. */
  acknowledged(message: Buffer): void
  /** To be called with everything the source says that a person at the other side could read. */
  heard(text: string): void
}

/** How a channel's source is to be configured. */
export interface SourceWish {
  readonly channel: string
  /** The right or the wrong one; never to be seen in a log, an error or an answer. */
  readonly credential: string
  /** Where it listens, of a source with a port of its own; 0 takes a free one. */
  readonly port: number
}

/** Where a sender is to send. */
export interface SenderOptions {
  readonly channel: string
  /** Where the source listens now. Throws when it does not. */
  port(): number
}

/** All that is on the other side of a source. */
export interface Outside {
  /** What stands under `sources: - <kind>:` of the channel; the schema's defaults are added. */
  settings(wish: SourceWish): Record<string, unknown>
  /** Somebody who sends. */
  sender(options: SenderOptions): Sender
  /** How many connections with the source are open. */
  readonly connections: number
  /** Of a server: cuts all connections and refuses further ones until start(). */
  stop?(): Promise<void>
  start?(): Promise<void>
  /** Closes everything. */
  close(): Promise<void>
}

/** What became of a message. */
export type Result =
  | 'acknowledged'
  /** The source does not want it, now or ever. */
  | 'refused'
  /** The source asked for it to be sent again, or it was not sent because an earlier one was not taken. */
  | 'again'
  /** The connection is gone, or there was none, and nothing is known of it. */
  | 'lost'

/** One connection, or one who publishes by a server. It connects when it sends and is not connected. */
export interface Sender {
  /**
   * Sends the messages in order, as fast as the protocol likes it, and resolves with what became of each as soon as that
   * is known of all. It does not repeat by itself, and sends nothing more once one was not taken. Never rejects.
   */
  send(messages: readonly Buffer[], how?: How): Promise<Result[]>
  /** Sends what is no message; resolves with what the source makes of it. */
  sendBad(bad: Bad): Promise<Result>
  /** Bytes of what it sent that have left this process. */
  readonly takenBytes: number
  /** Destroys its connection at once. */
  cut(): void
  close(): Promise<void>
}

export interface How {
  /** Each byte by itself. */
  readonly singleBytes?: true
  /** It closes its half of the connection once all is sent. */
  readonly halfClose?: true
}

/** One behaviour. */
export interface SourceBehaviour {
  readonly needs?: readonly SourceAbility[]
  run(context: SourceCase): Promise<void>
}

/** Behaviours by title, which is a sentence. */
export type SourceBehaviours = Readonly<Record<string, SourceBehaviour>>

const menu: SourceBehaviours = {
  ...acknowledgingBehaviours,
  ...outageBehaviours,
  ...pressureBehaviours,
  ...badBehaviours,
  ...changingBehaviours,
  ...stoppingBehaviours
}

/** Declares a test for every behaviour; one that the protocol cannot have says why in its title. */
export function sourceSuite(test: Declare, under: SourceUnderTest): void {
  const { name, definition, lacks } = under
  declareMenu(test, {
    suite: { side: 'sources', connector: definition.kind, name },
    behaviours: menu,
    lacks,
    runCase: (t, run) => SourceCase.run(t, under, run)
  })
}
