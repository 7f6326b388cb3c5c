// From the first byte to a channel on which messages can be published and are confirmed (AMQP 0-9-1, 2.2.4 and 1.5):
//
//   start -> start-ok   who we are        a refusal is one of the credentials
//   tune  -> tune-ok    limits
//   open  -> open-ok    the virtual host  a refusal is one of the virtual host
//   channel.open, a look for the queue or the exchange, where all messages have the same, and confirm.select

import { FaultError } from '../../../schemas/errors.ts'
import type { Mask } from '../../shared/mask.ts'
import type { Broker } from '../broker.ts'
import { faultOfClose, type Stage } from '../outcome.ts'
import type { ArgumentsOf, Method, MethodName } from '../wire/methods.ts'
import { encodeTable } from '../wire/values.ts'
import { type Link, maxFrameBytes } from './link.ts'

/** The one channel of a connection. */
export const channel = 1
/** Every peer takes frames of this size (specification 1.2). */
const minFrameBytes = 4_096
const nothing = Buffer.alloc(0)
/** How much of what a broker offers is shown. */
const shownLength = 200

export interface HandshakeOptions {
  readonly broker: Broker
  readonly mask: Mask
  readonly heartbeatSeconds: number
  /** By which people find it among others at the broker. */
  readonly connectionName: string
  /** To be there before a message is sent; null where messages have exchanges of their own, or need none. */
  readonly exchange: string | null
  /** To be there before a message is sent; null where there is an exchange, or messages have queues of their own. */
  readonly queue: string | null
}

/** A queue that is not to be looked at may take messages all the same: ACCESS_REFUSED, RESOURCE_LOCKED (of another connection). */
const hidden: ReadonlySet<number> = new Set([403, 405])

/** What the broker has agreed to. */
export interface Grant {
  readonly frameMaxBytes: number
  /** 0: no heartbeats. */
  readonly heartbeatSeconds: number
}

/** Who we are and what we can do, which decides how the broker tells us things. */
const client = {
  product: 'Tailrace',
  platform: 'Node.js',
  capabilities: {
    publisher_confirms: true,
    'basic.nack': true,
    'connection.blocked': true,
    authentication_failure_close: true
  }
}

export class Handshake {
  /** Rejects with a FaultError when the broker refuses; never settles when the link ends. */
  readonly done: Promise<Grant>
  readonly #link: Link
  readonly #options: HandshakeOptions
  #stage: Stage = 'login'
  #take: (method: Method) => void = () => {}
  #refuse: (fault: FaultError) => void = () => {}

  constructor(link: Link, options: HandshakeOptions) {
    this.#link = link
    this.#options = options
    const refused = new Promise<never>((_, reject) => {
      this.#refuse = reject
    })
    this.done = Promise.race([this.#run(), refused])
  }

  /** A method that has come. */
  take(method: Method): void {
    if (method.name === 'connectionClose') {
      this.#link.send(0, 'connectionCloseOk', {})
      this.#end(method.args)
    } else if (method.name === 'channelClose' && !this.#isHidden(method.args)) this.#end(method.args)
    else this.#take(method)
  }

  #isHidden({ replyCode }: ArgumentsOf<'channelClose'>): boolean {
    return this.#stage === 'queue' && hidden.has(replyCode)
  }

  #end({ replyCode: code, replyText }: ArgumentsOf<'connectionClose'>): void {
    this.#refuse(faultOfClose({ code, text: this.#options.mask.apply(replyText) }, this.#stage))
  }

  async #run(): Promise<Grant> {
    const grant = await this.#logIn()
    await this.#openChannel()
    return grant
  }

  async #logIn(): Promise<Grant> {
    const { broker, heartbeatSeconds, connectionName, mask } = this.#options
    const { mechanism, response } = broker.login
    const { mechanisms } = await this.#expect('connectionStart')
    const offered = mechanisms.toString()
    if (!offered.split(' ').includes(mechanism)) {
      const shown = mask.applyToCut(offered.slice(0, shownLength)).replace(/\s+/g, ' ')
      throw new FaultError('amqp_mechanism_missing', { detail: `${mechanism} is not among ${shown}` })
    }
    this.#link.send(0, 'connectionStartOk', {
      clientProperties: encodeTable({ ...client, connection_name: connectionName }),
      ...{ mechanism, response },
      locale: 'en_US'
    })
    const tune = await this.#expect('connectionTune')
    const grant = {
      frameMaxBytes: Math.max(minFrameBytes, lower(tune.frameMax, maxFrameBytes)),
      heartbeatSeconds: lower(tune.heartbeat, heartbeatSeconds)
    }
    this.#link.send(0, 'connectionTuneOk', {
      channelMax: channel,
      frameMax: grant.frameMaxBytes,
      heartbeat: grant.heartbeatSeconds
    })
    this.#stage = 'vhost'
    this.#link.send(0, 'connectionOpen', { virtualHost: broker.vhost, reserved1: '', reserved2: false })
    await this.#expect('connectionOpenOk')
    return grant
  }

  async #openChannel(): Promise<void> {
    const { exchange, queue } = this.#options
    await this.#beginChannel()
    if (queue !== null && !(await this.#lookForQueue(queue))) {
      this.#link.send(channel, 'channelCloseOk', {})
      await this.#beginChannel()
    }
    if (exchange !== null) await this.#lookForExchange(exchange)
    this.#link.send(channel, 'confirmSelect', { noWait: false })
    await this.#expect('confirmSelectOk')
  }

  async #beginChannel(): Promise<void> {
    this.#stage = 'channel'
    this.#link.send(channel, 'channelOpen', { reserved1: '' })
    await this.#expect('channelOpenOk')
  }

  async #lookForExchange(exchange: string): Promise<void> {
    const no = { durable: false, autoDelete: false, internal: false, noWait: false }
    this.#link.send(channel, 'exchangeDeclare', {
      ...{ reserved1: 0, exchange, type: '', passive: true },
      ...no,
      arguments: nothing
    })
    await this.#expect('exchangeDeclareOk')
  }

  /** Resolves with false where the channel was closed, as it is not to be looked at. */
  async #lookForQueue(queue: string): Promise<boolean> {
    this.#stage = 'queue'
    const no = { durable: false, exclusive: false, autoDelete: false, noWait: false }
    this.#link.send(channel, 'queueDeclare', {
      ...{ reserved1: 0, queue, passive: true },
      ...no,
      arguments: nothing
    })
    const { name } = await this.#next('queueDeclareOk', 'channelClose')
    return name === 'queueDeclareOk'
  }

  async #expect<N extends MethodName>(name: N): Promise<ArgumentsOf<N>> {
    const { args } = await this.#next(name)
    return args as ArgumentsOf<N> // what has this name has these arguments
  }

  /** The method that comes, which has to be one of these. */
  #next(...names: readonly MethodName[]): Promise<Method> {
    return new Promise((resolve, reject) => {
      this.#take = method => {
        if (names.includes(method.name)) return resolve(method)
        const detail = `${method.name} in place of ${names[0]}`
        reject(new FaultError('amqp_answer_malformed', { detail }))
      }
    })
  }
}

/** The lower of two limits, of which 0 is none. */
function lower(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other)
}
