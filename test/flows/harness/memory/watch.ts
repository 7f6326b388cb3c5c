// Whether the memory of a process stays flat: what it holds, and what is resident, are taken every now and then for as
// long as a case needs, and a line is laid through the second half.

import type { Instance } from '../instance.ts'
import { tick } from '../until.ts'

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
/** Options of Node for a process that is to be watched: it tells what it holds (held.ts). */
export const watchedNode = ['--expose-gc', '--import', new URL('./held.js', import.meta.url).href]

interface Sample {
  readonly minutes: number
  readonly mb: number
}

export interface MemoryWatch {
  readonly complaints: readonly string[]
  readonly notes: readonly string[]
}

/** Watches a process that was started with the options above for `durationMs`. */
export async function watchMemory(instance: Instance, durationMs: number): Promise<MemoryWatch> {
  const held: Sample[] = []
  const resident: Sample[] = []
  const startedMs = Date.now()
  for (let ms = 0; ms < durationMs; ms = Date.now() - startedMs) {
    const minutes = ms / 60_000
    if (instance.heldMb !== null) held.push({ minutes, mb: instance.heldMb })
    resident.push({ minutes, mb: await instance.residentMb() })
    await tick(sampleEveryMs)
  }
  return {
    complaints: [
      ...tooSteep('what it holds', held),
      ...(durationMs < residentFromMs ? [] : tooSteep('what is resident', resident))
    ],
    notes: [`holds ${figures(held)}`, `RSS ${figures(resident)} over the second half`]
  }
}

function tooSteep(what: string, samples: readonly Sample[]): string[] {
  const slope = slopeOf(samples)
  return slope < maxSlopeMbPerMinute ? [] : [`${what} grows by ${slope.toFixed(2)} MB/min`]
}

function figures(samples: readonly Sample[]): string {
  return `${samples.at(-1)?.mb.toFixed(0)} MB, slope ${slopeOf(samples).toFixed(2)} MB/min`
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
