// A stream that finds out how many requests at once are best, against a receiver that works on 20 and tells nobody. It is
// compared with one that is told 20; then the receiver changes its mind.

import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { tick } from '../../harness/until.ts'
import { type EnginePromise, median, round3, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'
import { HiddenLimit } from './hidden-limit.ts'

const slots = 20
const [least, most] = [15, 25]
const leastShare = 0.85
const serviceMs = 100
/** Small batches: it is about requests. */
const maxMessages = 5
const lookMs = 250

interface Phase {
  /** What the limit was, looked at again and again. */
  readonly limits: readonly number[]
  readonly requestsPerSecond: number
}

interface Run {
  readonly fixed: Phase
  readonly settled: Phase
  readonly raised: Phase
  readonly lowered: Phase
  readonly refused: number
  readonly complaints: readonly string[]
}

export const concurrency: EnginePromise = {
  name: 'concurrency',
  title: 'the best number of requests at once is found out, and followed when it changes',
  async run(stage, { isLong }) {
    const topic = await stage.createTopic()
    const fleet = new Fleet()
    await stage.fill(topic, { fleet, messages: isLong ? 400_000 : 30_000 })
    const waiting = await compare(stage, { topic, isStrict: false, isLong })
    const strict = await compare(stage, { topic, isStrict: true, isLong })
    return {
      complaints: [...waiting.complaints, ...strict.complaints],
      shortfalls: [...judge('waiting', waiting), ...judge('429', strict)],
      figures: { ...figures('waiting', waiting), ...figures('429', strict), refused429: strict.refused }
    }
  }
}

interface Wanted {
  readonly topic: string
  readonly isStrict: boolean
  readonly isLong: boolean
}

async function compare(stage: Stage, { topic, isStrict, isLong }: Wanted): Promise<Run> {
  const receiver = await HiddenLimit.open(stage, { slots, serviceMs, isStrict })
  const start = (adaptiveConcurrency: boolean, batchesInFlight: number) => {
    const target = { http: { url: receiver.url, maxMessages, batchesInFlight } }
    return stage.start({
      topic,
      streams: { acme: { group: uniqueName('concurrency'), adaptiveConcurrency, target } }
    })
  }
  const fixed = await start(false, slots)
  const ideal = await watch(fixed, receiver, isLong ? 20 : 3)
  await stage.stop(fixed)
  const adaptive = await start(true, 200)
  await watch(adaptive, receiver, isLong ? 30 : 6)
  const settled = await watch(adaptive, receiver, isLong ? 30 : 3)
  receiver.move(2 * slots)
  await watch(adaptive, receiver, isLong ? 30 : 0)
  const raised = await watch(adaptive, receiver, isLong ? 15 : 1)
  receiver.move(slots / 2)
  await watch(adaptive, receiver, isLong ? 30 : 0)
  const lowered = await watch(adaptive, receiver, isLong ? 15 : 1)
  await stage.stop(adaptive)
  await receiver.stop()
  const { outOfOrder } = receiver.ledger
  const { refused } = receiver
  return { fixed: ideal, settled, raised, lowered, refused, complaints: complaintsAbout(settled, outOfOrder) }
}

/** What also holds when the machine is busy and the time short. */
function complaintsAbout({ limits }: Phase, outOfOrder: number): string[] {
  const found = median(limits)
  return unless(
    [found > 8 && found < 60, `${found} were found to be best, not about ${slots}`],
    [outOfOrder === 0, `${outOfOrder} messages out of order`]
  )
}

async function watch(instance: Instance, receiver: HiddenLimit, seconds: number): Promise<Phase> {
  const [startedMs, done] = [performance.now(), receiver.done]
  const limits: number[] = []
  while (performance.now() < startedMs + seconds * 1000) {
    await tick(lookMs)
    const stream = await instance.stream()
    if (stream !== null) limits.push(stream.concurrency.limit)
  }
  const elapsed = (performance.now() - startedMs) / 1000
  return { limits, requestsPerSecond: Math.round((receiver.done - done) / elapsed) }
}

function judge(kind: string, { fixed, settled, raised, lowered }: Run): string[] {
  const share = round3(settled.requestsPerSecond / fixed.requestsPerSecond)
  const isWithin = ({ limits }: Phase, from: number, to: number) =>
    limits.every(limit => limit >= from && limit <= to)
  return unless(
    [
      isWithin(settled, least, most),
      `${kind}: it has not settled between ${least} and ${most}: ${settled.limits}`
    ],
    [share >= leastShare, `${kind}: ${share} of the rate with ${slots}, not ${leastShare}`],
    [isWithin(raised, 2 * least, 2 * most), `${kind}: it has not followed up: ${raised.limits}`],
    [isWithin(lowered, 6, 14), `${kind}: it has not followed down: ${lowered.limits}`]
  )
}

function figures(kind: string, { fixed, settled, raised, lowered }: Run) {
  const ends = ({ limits }: Phase) => [Math.min(...limits), Math.max(...limits)]
  return {
    [`${kind}: rate with ${slots}, and adaptive`]: [fixed.requestsPerSecond, settled.requestsPerSecond],
    [`${kind}: share`]: round3(settled.requestsPerSecond / fixed.requestsPerSecond),
    [`${kind}: limits from, to`]: ends(settled),
    [`${kind}: with ${2 * slots}`]: ends(raised),
    [`${kind}: with ${slots / 2}`]: ends(lowered)
  }
}
