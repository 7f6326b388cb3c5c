// The contract of targets as one menu of behaviours. A connector takes part with a file of a few lines:
//
//   targetSuite(test.serial, {
//     name: 'http', definition: httpTarget,
//     start: options => startDouble(options),          // a real server on loopback that follows orders
//     settings: wish => ({ url: `http://${wish.host}:${wish.port}/`, bearer: wish.credential, ... }),
//     lacks: { greeting: 'open() sends nothing, since no request is harmless' }
//   })
//
// in a test file of its own, because the suite looks at what is open in the process. What a protocol cannot do is named
// in `lacks` with the reason, which is printed in place of the behaviours that need it; an order whose ability is
// lacking is never given. One connector may run the suite with several doubles: mosquitto first, and for what mosquitto
// does not do a broker written by hand. The behaviours are in target/, what every attempt must obey in target-case.ts.
//
// Where a target has several destinations, messages go in a batch for each, all at the same time, as the engine would send
// them; then their order is looked at per device.
//
// The suite's messages are JSON objects with ident, timestamp (seconds), seq (a number per device, from 1), note (a text)
// and a position; the key is the ident. The double must see each message whole before it counts it as received.

import type { TargetDefinition } from '../../connectors/connector.ts'
import type { Certificates } from '../certificates.ts'
import type { Declare } from './log.ts'
import { declareMenu } from './report/declare.ts'
import { answerBehaviours } from './target/answers.ts'
import { closingBehaviours } from './target/closing.ts'
import { orderBehaviours } from './target/order.ts'
import { outageBehaviours } from './target/outages.ts'
import { settingBehaviours } from './target/settings.ts'
import { TargetCase } from './target-case.ts'

export interface TargetUnderTest {
  /** Stands before the title of each behaviour. */
  readonly name: string
  readonly definition: TargetDefinition
  /** Starts a double that confirms everything. The suite stops it. */
  start(options: DoubleOptions): Promise<Double>
  /** The part of a configuration under `target: <kind>:` that fulfils the wish; the schema's defaults are added. */
  settings(wish: Wish): Record<string, unknown>
  /** Which message these bytes of `received()` are: `<ident>#<seq>`. Default: they are the JSON that was sent. */
  identify?(bytes: Buffer): string
  /**
   * How far the ledgers may lag behind, of a real server that is watched from outside. Default 0: a double notes what it
   * confirms before it does.
   */
  readonly lagMs?: number
  /** Of one batch the devices travel beside each other, so that their messages arrive in order per device only. */
  readonly mixesDevices?: true
  /** Each ability that the protocol or this double has not, and why. */
  readonly lacks: Readonly<Partial<Record<Ability, string>>>
}

/** What not every protocol, or not every double, can do. */
export type Ability =
  /** The server has said something before a message is sent: one that is mute or wrong is found by then. */
  | 'greeting'
  /** open() leaves a connection that stands. */
  | 'early connection'
  /** A sender has to prove who it is. */
  | 'credentials'
  | 'tls'
  /** The server may refuse the place the messages are sent to (a path, a topic) for as long as it is configured. */
  | 'address'
  /** Messages arrive with the very bytes that they have in Kafka. */
  | 'verbatim'
  /** The server can refuse one message for good. */
  | 'refusal'
  /** The server, or the connector on its behalf, refuses a message that is larger than the server takes. */
  | 'size limit'
  /** The server can ask to send less often ... */
  | 'throttle'
  /** ... and say for how long. */
  | 'throttle with time'
  /** Several batches are in flight to one destination. */
  | 'window'
  /** The double can take messages and stay silent, */
  | 'hang'
  /** or confirm later, */
  | 'late'
  /** or cut the connection at a given message, */
  | 'drop'
  /** or confirm in part and cut the connection then. */
  | 'part'

export interface DoubleOptions {
  /** The one credential that is right: a password, a token. A double that refuses another quotes it, where it can. */
  readonly credential: string
  /** Speak TLS with this certificate, which is one for 127.0.0.1. */
  readonly tls?: Certificates
}

/** How a target is to be configured. */
export interface Wish {
  readonly host: string
  readonly port: number
  /** The right or the wrong one; never to be seen in a log, an outcome or an error. */
  readonly credential: string
  /** Undefined means without TLS. */
  readonly tls: { readonly ca?: string; readonly servername?: string } | undefined
  /** For every time-out that the connector has. */
  readonly timeoutMs: number
}

/** A server on loopback that follows orders. It keeps its ledgers and its port over stop() and start(). */
export interface Double {
  readonly host: string
  readonly port: number
  /** How many connections are open. */
  readonly connections: number
  /** From now on, for all connections, also those that are open; replaces the order before. */
  order(order: Order): void
  /** Every message that was read whole, in order of arrival, noted before anything is answered to it. */
  received(): readonly Buffer[]
  /** Those that were confirmed, noted just before the confirmation is handed to the socket. */
  confirmed(): readonly Buffer[]
  /** Cuts all connections and goes on listening. */
  cut(): void
  /** Cuts all connections and refuses further ones until start(). */
  stop(): Promise<void>
  start(): Promise<void>
}

export type Order =
  /**
   * Confirms every message, `afterMs` after it was read, whatever is ordered in the meantime. This is what a double
   * does at first.
   */
  | { readonly kind: 'confirm'; readonly afterMs?: number }
  /** Reads and never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection once `afterMessages` messages were read since the order or the last cut; confirms none. */
  | { readonly kind: 'drop'; readonly afterMessages: number }
  /** Confirms the next `messages` messages, or where a request is answered as a whole half of the answer; then cuts. */
  | { readonly kind: 'part'; readonly messages: number }
  /** Refuses this message (`<ident>#<seq>`) for good, or the whole request it is in, and confirms the others. */
  | { readonly kind: 'refuse'; readonly id: string }
  /** Refuses what is larger than this. */
  | { readonly kind: 'limit'; readonly maxBytes: number }
  /** Asks to send less often. `waitMs`, whole seconds, is said where the protocol has a word for it. */
  | { readonly kind: 'throttle'; readonly waitMs?: number }
  /** Refuses the place that messages are sent to. */
  | { readonly kind: 'refuse address' }

/** One behaviour. */
export interface Behaviour {
  readonly needs?: readonly Ability[]
  run(context: TargetCase): Promise<void>
}

/** Behaviours by title, which is a sentence. */
export type Behaviours = Readonly<Record<string, Behaviour>>

const menu: Behaviours = {
  ...settingBehaviours,
  ...outageBehaviours,
  ...answerBehaviours,
  ...orderBehaviours,
  ...closingBehaviours
}

/** Declares a test for every behaviour; one that the protocol cannot have says why in its title. */
export function targetSuite(test: Declare, under: TargetUnderTest): void {
  const { name, definition, lacks } = under
  declareMenu(test, {
    suite: { side: 'targets', connector: definition.kind, name },
    behaviours: menu,
    lacks,
    runCase: (t, run) => TargetCase.run(t, under, run)
  })
}
