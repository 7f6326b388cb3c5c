// What a run has shown, in words and as JSON.

import { grouped } from '../terminal/progress.ts'
import type { Found, Numbered } from './tally.ts'

export interface ProofResult {
  readonly run: string
  readonly messages: number
  readonly devices: number
  readonly accepted: number
  readonly refused: number
  /** What the channel said last, where it has not taken all. */
  readonly trouble: string
  readonly arrived: number
  readonly missing: Found
  readonly disordered: Found
  readonly repeated: number
  readonly seconds: number
  readonly timeoutSeconds: number
}

export function isProven({ messages, arrived, disordered }: ProofResult): boolean {
  return arrived === messages && disordered.count === 0
}

/** One line where it is proven; else what is wrong, and where to look. */
export function verdictOf(result: ProofResult): string {
  const { messages, devices, repeated, seconds } = result
  if (isProven(result)) {
    const again = repeated === 0 ? 'none twice' : `${grouped(repeated)} of them more than once`
    return `Proven: all ${grouped(messages)} messages of ${grouped(devices)} devices arrived in ${seconds.toFixed(1)} s, each device in order, ${again}.`
  }
  return ['Not proven:', ...wrong(result).map(line => `  ${line}`)].join('\n')
}

function wrong(result: ProofResult): string[] {
  const { run, messages, accepted, refused, trouble, arrived, missing, disordered, timeoutSeconds } = result
  const lines: string[] = []
  if (accepted < messages) {
    const why = trouble === '' ? '' : ` (${trouble})`
    const turned = refused === 0 ? '' : `, and ${grouped(refused)} were refused`
    lines.push(`${grouped(accepted)} of ${grouped(messages)} messages were accepted${turned}${why}`)
  }
  if (missing.count > 0)
    lines.push(
      `${grouped(missing.count)} of ${grouped(accepted)} that were accepted have not arrived, and nothing else came for ${timeoutSeconds} s: ${named(missing, run)}`
    )
  if (disordered.count > 0)
    lines.push(
      `${grouped(disordered.count)} arrived after a later one of their device: ${named(disordered, run)}`
    )
  if (arrived === 0 && accepted > 0)
    lines.push('nothing has arrived: /status of the admin listener says what the stream waits for')
  return lines
}

function named({ count, first }: Found, run: string): string {
  const names = first.map(message => `${deviceName(run, message)} number ${message.number}`)
  return count > first.length ? `${names.join(', ')}, ...` : names.join(', ')
}

export function deviceName(run: string, { device }: Pick<Numbered, 'device'>): string {
  return `proof-${run}-${device}`
}
