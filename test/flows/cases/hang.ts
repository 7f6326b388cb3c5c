// A target that takes connections and requests and never answers: the stream must wait with memory that stays flat and
// keep its place in the group, for however long, and go on by itself afterwards.

import { tick } from '../harness/until.ts'
import type { FlowCase } from './case.ts'

const sampleEveryMs = 250
/** What design calls flat: over the second half of the run. */
const maxSlopeMbPerMinute = 1
/** What a resident size wanders by on a busy machine: a run of one minute cannot tell less from growth. */
const noiseMb = 4

/** A budget that is full long before half of the shortest run has passed. */
const maxMemoryBytes = 16 << 20

/**
 * A process at rest makes so little garbage that it takes minutes until V8 collects it, which looks like growth. Collected
 * every second, what is left to see is what is held.
 */
const nodeOptions = ['--expose-gc', '--import', 'data:text/javascript,setInterval(gc,1000).unref()']

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
    scene.receiver.hangs = true
    const samples: Sample[] = []
    const startedMs = Date.now()
    for (let ms = 0; ms < hangMs; ms = Date.now() - startedMs) {
      samples.push({ minutes: ms / 60_000, mb: await instance.residentMb() })
      await tick(sampleEveryMs)
    }
    const memberAfter = String(await scene.cluster.members(scene.group))
    scene.receiver.hangs = false
    await scene.moreArrive(perSecond)
    const joins = instance.logged('partitions_assigned')
    await scene.settle(sender, messages)
    const maxSlope = Math.max(maxSlopeMbPerMinute, noiseMb / (hangMs / 120_000))
    const slope = slopeOf(samples.slice(samples.length / 2))
    return {
      complaints: [
        ...(slope < maxSlope ? [] : [`memory grows by ${slope.toFixed(2)} MB/min`]),
        ...(memberAfter === member ? [] : [`the member was ${member} and is ${memberAfter}`]),
        ...(joins === 1 ? [] : [`it joined its group ${joins} times`])
      ],
      notes: [
        `RSS ${samples.at(-1)?.mb.toFixed(0)} MB, slope ${slope.toFixed(2)} MB/min over the second half`
      ]
    }
  }
}

/** Least squares, MB per minute. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  const minutes = mean(sample => sample.minutes)
  const mb = mean(sample => sample.mb)
  const covariance = mean(sample => (sample.minutes - minutes) * (sample.mb - mb))
  return covariance / mean(sample => (sample.minutes - minutes) ** 2)
}
