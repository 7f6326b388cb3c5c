// Measures systems, each run in a process of its own, so that none warms or burdens another.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What one run of a system did between its stopwatch's start and stop. */
export interface Measurement {
  readonly messages: number
  readonly bytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of the whole life of the process. */
  readonly peakRssMb: number
}

/** A function of a module that a child process can import: `export const systems = { name: run }`. */
export interface SystemUnderTest {
  readonly name: string
  /** `import.meta.url` resolved to the module. */
  readonly module: string
  /** Must survive JSON. */
  readonly options: unknown
}

export type ChildAnswer = { readonly measured: Measurement } | { readonly failed: string }

/** Runs a system once in a new process. Rejects when it failed or ended without a measurement. */
export function measure(system: SystemUnderTest): Promise<Measurement> {
  const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, METADATA_SERVER_DETECTION: 'none' } // Google's client asks nobody where it runs
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${system.name} ended with ${code} and measured nothing`)))
    // What child.ts sends.
    child.once('message', (answer: ChildAnswer) => {
      if ('measured' in answer) resolve(answer.measured)
      else reject(new Error(`${system.name}: ${answer.failed}`))
    })
    child.send(system)
  })
}

/** Runs all systems `rounds` times, in turn, so that a busy moment of the machine does not hit only one of them. */
export async function interleave(
  systems: readonly SystemUnderTest[],
  rounds: number,
  told: (line: string) => void
): Promise<Map<string, Measurement[]>> {
  const results = new Map<string, Measurement[]>(systems.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const system of systems) {
      const measured = await measure(system)
      results.get(system.name)?.push(measured)
      told(`round ${round}, ${system.name}: ${Math.round(measured.messages / measured.seconds)} messages/s`)
    }
  }
  return results
}

/** The run of the median rate as the fields of a row. */
export function medianRow(measurements: readonly Measurement[]) {
  const byRate = measurements.toSorted((a, b) => a.messages / a.seconds - b.messages / b.seconds)
  const median = byRate[byRate.length >> 1]
  if (median === undefined) throw new Error('nothing was measured')
  return {
    messages: median.messages,
    messagesPerSecond: Math.round(median.messages / median.seconds),
    cpuSecondsPerMillion: round2((median.cpuSeconds / median.messages) * 1e6),
    peakRssMb: Math.round(median.peakRssMb)
  }
}

/** Two digits after the point are more than a noisy machine can tell. */
export const round2 = (value: number) => Math.round(value * 100) / 100
