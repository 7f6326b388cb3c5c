// Three processes join one after the other and leave again, all with more to send than they may: together they must keep
// to the limit of their stream, and use it.

import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { tick } from '../../harness/until.ts'
import { type EnginePromise, unless } from '../promise.ts'
import { Sink } from '../sink.ts'
import type { Stage } from '../stage.ts'
import { Arrivals } from './arrivals.ts'

const perSecond = 500
const partitions = 12
/** Of any ten seconds: one percent above the limit. */
const mostIn10s = 10 * perSecond * 1.01
/** Of any minute: five percent below it. */
const leastInMinute = 60 * perSecond * 0.95

export const rateLimit: EnginePromise = {
  name: 'rate-limit',
  title: 'processes that join and leave keep to the rate limit of their stream together',
  async run(stage, { isLong }) {
    const stepMs = isLong ? 40_000 : 5_000
    const topic = await stage.createTopic()
    const fleet = new Fleet()
    await stage.fill(topic, { fleet, messages: isLong ? 160_000 : 20_000 })
    const sink = await Sink.open(stage, { latencyMs: 20 })
    const arrivals = new Arrivals()
    sink.ledger.onFirst = () => arrivals.note(performance.now())
    await joinAndLeave(stage, { topic, url: sink.url, stepMs })
    const most = arrivals.most(10_000)
    const least = arrivals.least(60_000)
    const { outOfOrder, arrivals: all, distinct } = sink.ledger
    const sent = `${most} messages in ten seconds, not ${mostIn10s}`
    return {
      complaints: unless(
        [outOfOrder === 0, `${outOfOrder} messages out of order`],
        [all === distinct, `${all - distinct} messages arrived twice`],
        [most <= mostIn10s * 1.02, sent]
      ),
      shortfalls: unless(
        [most <= mostIn10s, sent],
        [least >= leastInMinute, `${least} messages in a minute, not ${leastInMinute}`]
      ),
      figures: {
        messages: arrivals.count,
        seconds: Math.round(arrivals.durationMs / 1000),
        most10s: most,
        leastMinute: least
      }
    }
  }
}

interface Crew {
  readonly topic: string
  readonly url: string
  /** Between two joins, or two that leave. */
  readonly stepMs: number
}

async function joinAndLeave(stage: Stage, { topic, url, stepMs }: Crew): Promise<void> {
  const streams = {
    acme: {
      group: uniqueName('rate-limit'),
      rateLimit: { messagesPerSecond: perSecond },
      target: { http: { url } }
    }
  }
  const instances: Instance[] = []
  for (let members = 1; members <= 3; members++) {
    instances.push(await stage.start({ topic, streams, partitions: partitions / members }))
    await tick(stepMs)
  }
  for (const instance of instances) {
    await stage.stop(instance)
    await tick(stepMs)
  }
}
