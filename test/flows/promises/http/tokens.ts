// Tokens that live ten seconds, and a receiver that takes nothing without a good one: while they are renewed, and now and
// then revoked, nothing is lost or set aside, and one is fetched at a time for all requests.

import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import { client, TokenServerDouble } from '../../../connectors/http/target/token-server.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet, identify } from '../../harness/fleet.ts'
import { Ledger } from '../../harness/ledger.ts'
import { untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { type EnginePromise, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'

const perSecond = 1_000
/** Of one message each, so that some 64 are in flight. */
const http = { format: 'object', batchesInFlight: 64, maxMessages: 1 }
const latencyMs = 40
const lifeSeconds = 10
/** How long messages are sent. */
const seconds = { long: 60, short: 12 }

export const tokens: EnginePromise = {
  name: 'tokens',
  title: 'tokens are renewed one at a time under many requests, and no message is lost or set aside',
  async run(stage, { isLong }) {
    const topic = await stage.createTopic()
    const fleet = new Fleet()
    const { server, receiver, group, instance } = await start(stage, topic)
    const duration = isLong ? seconds.long : seconds.short
    const sender = stage.send(topic, fleet, perSecond)
    await untilNoneIsLeft(() => duration * perSecond - receiver.ledger.distinct)
    server.revoke() // the one in use is refused from now on
    await sender.finish(0)
    await untilNoneIsLeft(() => sender.stored - receiver.ledger.distinct)
    const stored = await stage.settled(group, topic)
    const { dead_lettered: deadLetters = 0 } = (await instance.stream())?.accounts ?? {}
    await stage.stop(instance)
    const fetched = server.asked.length
    const least = Math.floor(duration / lifeSeconds)
    return {
      complaints: [
        ...complaintsAbout(receiver.ledger, { sent: fleet.issued, stored }),
        ...unless(
          [deadLetters === 0, `${deadLetters} dead letters`],
          [server.most === 1, `${server.most} tokens were fetched at once`],
          [fetched >= least, `${fetched} tokens were fetched in ${duration} s`]
        )
      ],
      shortfalls: [],
      figures: {
        messages: receiver.ledger.distinct,
        tokensFetched: fetched,
        fetchedAtOnce: server.most,
        refused: receiver.refused,
        mostInFlight: receiver.most
      }
    }
  }
}

async function start(stage: Stage, topic: string) {
  const server = await stage.opened(new TokenServerDouble())
  server.lifetimeSeconds = lifeSeconds
  await server.start()
  const receiver = new Receiver(server)
  await stage.opened(receiver.double)
  await receiver.double.start()
  const oauth2 = { tokenUrl: server.url, clientId: client.id, clientSecret: client.secret }
  const group = uniqueName('tokens')
  const target = { http: { ...http, url: receiver.double.url, oauth2 } }
  const instance = await stage.start({ topic, streams: { acme: { group, target } } })
  return { server, receiver, group, instance }
}

class Receiver {
  readonly ledger = new Ledger()
  readonly double: HttpDouble
  refused = 0
  most = 0
  #now = 0
  readonly #server: TokenServerDouble

  constructor(server: TokenServerDouble) {
    this.#server = server
    this.double = new HttpDouble({ clock: systemClock, reply: request => this.#take(request) })
  }

  #take({ headers, body }: Received): Reply {
    this.most = Math.max(this.most, ++this.#now)
    setTimeout(() => this.#now--, latencyMs)
    if (!this.#server.knows(headers.authorization)) {
      this.refused++
      return { kind: 'answer', status: 401, afterMs: latencyMs }
    }
    const { device, seq } = identify(JSON.parse(body.toString()))
    this.ledger.record(device, seq)
    return { kind: 'answer', status: 200, afterMs: latencyMs }
  }
}
