// What the suite of sources needs of an MQTT broker and those who publish to it: the double, dressed as both. A message is
// acknowledged when the source's PUBACK has come; one whose connection ends first is lost, and not sent again by itself.

import { systemClock } from '../../../../connectors/clock.ts'
import { BrokerDouble, type Publication } from '../../../../connectors/shared/mqtt/subscribe/double.ts'
import type {
  Bad,
  Outside,
  OutsideOptions,
  Result,
  Sender,
  SenderOptions,
  SourceWish
} from '../../../conformance/source.ts'
import { tick } from '../../../flows/harness/until.ts'

/** Somebody who publishes waits so long for the source to be there. */
const absentMs = 1_000
const user = 'tailrace'

export interface OutsideSettings {
  readonly version: '5' | '3.1.1'
  readonly maxInFlight?: number
}

export async function openOutside(options: OutsideOptions, settings: OutsideSettings): Promise<Outside> {
  const broker = new BrokerDouble({
    clock: systemClock,
    connect: ({ password, username }) =>
      username === user && password?.toString() === options.credential
        ? 0
        : settings.version === '5'
          ? 0x86
          : 4
  })
  await broker.start()
  return {
    settings: ({ channel, credential }: SourceWish) => ({
      url: broker.url,
      topics: [`${channel}/up`],
      clientId: `tailrace-${channel}`,
      username: user,
      password: credential,
      retry: { minDelayMs: 20, maxDelayMs: 200 },
      ...settings
    }),
    sender({ channel }: SenderOptions) {
      return new BrokerSender(broker, `${channel}/up`, options)
    },
    get connections() {
      return broker.connections
    },
    start: () => broker.start(),
    stop: () => broker.stop(),
    async close() {
      await broker.stop()
    }
  }
}

class BrokerSender implements Sender {
  readonly #broker: BrokerDouble
  readonly #topic: string
  readonly #options: OutsideOptions
  #isCut = false

  constructor(broker: BrokerDouble, topic: string, options: OutsideOptions) {
    this.#broker = broker
    this.#topic = topic
    this.#options = options
  }

  get takenBytes(): number {
    return this.#broker.takenBytes
  }

  async send(messages: readonly Buffer[]): Promise<Result[]> {
    if (!(await this.#isHeard())) return messages.map(() => 'lost')
    const done = new Set<number>()
    const publications = messages.map(
      (payload, at): Publication => ({
        topic: this.#topic,
        payload,
        acknowledged: () => {
          done.add(at)
          this.#options.acknowledged(payload)
        }
      })
    )
    for (const publication of publications) this.#broker.publish(publication)
    while (done.size < messages.length && this.#broker.isHeard(this.#topic) && !this.#isCut) await tick(1)
    this.#broker.forget(new Set(publications))
    return messages.map((_, at) => (done.has(at) ? 'acknowledged' : 'lost'))
  }

  async sendBad(bad: Bad): Promise<Result> {
    const payload = bad === 'oversized' ? Buffer.alloc(1_000_000, 0x20) : Buffer.from('{"no":"ident"}')
    if (!(await this.#isHeard())) return 'lost'
    let isAcknowledged = false
    const acknowledged = () => {
      isAcknowledged = true
    }
    this.#broker.publish({ topic: this.#topic, payload, acknowledged })
    while (!isAcknowledged && this.#broker.isHeard(this.#topic) && !this.#isCut) await tick(1)
    return isAcknowledged ? 'acknowledged' : 'lost'
  }

  cut(): void {
    this.#isCut = true
  }

  async close(): Promise<void> {
    this.#isCut = true
  }

  async #isHeard(): Promise<boolean> {
    const endMs = Date.now() + absentMs
    while (!this.#broker.isHeard(this.#topic)) {
      if (Date.now() > endMs || this.#isCut) return false
      await tick(1)
    }
    return true
  }
}
