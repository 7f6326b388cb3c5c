// A target that takes connections and requests and never answers: the stream must wait with memory that stays flat and
// keep its place in the group, for however long, and go on by itself afterwards.

import type { Instance } from '../harness/instance.ts'
import { tick, until } from '../harness/until.ts'
import type { FlowCase } from './case.ts'

const sampleEveryMs = 250
/** What design calls flat: over the second half of the run. */
const maxSlopeMbPerMinute = 1
/** Into so many parts that half is cut. The least of each counts: what an attempt takes for a moment is no growth. */
const judgedParts = 6
/**
 * From here on what is resident is judged as well as what is held. In a minute it wanders by more than the bound, as the
 * allocator keeps freed memory and the system counts a page when it is touched.
 */
const residentFromMs = 300_000
/** How long a busy machine may take until the memory is full. */
const fillLimitMs = 180_000

/** Little, so that it is soon full. */
const maxMemoryBytes = 16 << 20

/** The process tells what it holds (held.ts). */
const nodeOptions = ['--expose-gc', '--import', new URL('../harness/held.js', import.meta.url).href]

interface Sample {
  readonly minutes: number
  readonly mb: number
}

export const targetHangs: FlowCase = {
  letter: 'i',
  title: 'target hangs',
  nodes: 0,
  async run(scene, { messages, perSecond, hangMs }) {
    const instance = await scene.start(1, { maxMemoryBytes, nodeOptions })
    const sender = scene.sendToKafka(perSecond)
    await scene.moreArrive(perSecond)
    const member = String(await scene.cluster.members(scene.group))
    scene.receiver.conduct = () => 'ignore'
    await until('the memory is full and every partition repeats', () => isFull(instance), fillLimitMs)
    const held: Sample[] = []
    const resident: Sample[] = []
    const startedMs = Date.now()
    for (let ms = 0; ms < hangMs; ms = Date.now() - startedMs) {
      const minutes = ms / 60_000
      if (instance.heldMb !== null) held.push({ minutes, mb: instance.heldMb })
      resident.push({ minutes, mb: await instance.residentMb() })
      await tick(sampleEveryMs)
    }
    const memberAfter = String(await scene.cluster.members(scene.group))
    scene.receiver.conduct = () => 'accept'
    await scene.moreArrive(perSecond)
    const joins = instance.logged('partitions_assigned')
    await scene.finish(sender, messages)
    const growth = [
      ...tooSteep('what it holds', held),
      ...(hangMs < residentFromMs ? [] : tooSteep('what is resident', resident))
    ]
    return {
      complaints: [
        ...growth,
        ...(memberAfter === member ? [] : [`the member was ${member} and is ${memberAfter}`]),
        ...(joins === 1 ? [] : [`it joined its group ${joins} times`])
      ],
      notes: [`holds ${figures(held)}`, `RSS ${figures(resident)} over the second half`]
    }
  }
}

function tooSteep(what: string, samples: readonly Sample[]): string[] {
  const slope = slopeOf(samples)
  return slope < maxSlopeMbPerMinute ? [] : [`${what} grows by ${slope.toFixed(2)} MB/min`]
}

function figures(samples: readonly Sample[]): string {
  return `${samples.at(-1)?.mb.toFixed(0)} MB, slope ${slopeOf(samples).toFixed(2)} MB/min`
}

/** Every partition has left messages in Kafka for want of room, and has had an attempt that failed. */
async function isFull(instance: Instance): Promise<boolean> {
  const stream = await instance.stream()
  return stream?.partitions.every(({ state, lag, pending }) => state === 'waiting' && lag > pending) ?? false
}

/** Of the second half, in MB per minute: least squares through the least sample of each part. NaN without samples. */
function slopeOf(samples: readonly Sample[]): number {
  const least = leastOfParts(samples.slice(samples.length / 2))
  const mean = (of: (sample: Sample) => number) => least.reduce((sum, one) => sum + of(one), 0) / least.length
  const minutes = mean(sample => sample.minutes)
  const mb = mean(sample => sample.mb)
  const covariance = mean(sample => (sample.minutes - minutes) * (sample.mb - mb))
  return covariance / mean(sample => (sample.minutes - minutes) ** 2)
}

function leastOfParts(samples: readonly Sample[]): Sample[] {
  const size = Math.ceil(samples.length / judgedParts)
  const parts = Array.from({ length: judgedParts }, (_, part) =>
    samples.slice(part * size, (part + 1) * size)
  )
  return parts.flatMap(part => part.toSorted((a, b) => a.mb - b.mb).slice(0, 1))
}
