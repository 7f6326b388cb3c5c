// What both suites of connectors work with: messages of a small fleet, the credential that is right and one that is
// not, a look for them in everything that was told, and an end to waiting.

import type { ExecutionContext } from 'ava'
import { makeCertificates } from '../certificates.ts'

export const rightCredential = 'right-0c5f2e71b8'
export const wrongCredential = 'wrong-9d41ab66f3'
/** For 127.0.0.1, made for this run. */
export const certificates = makeCertificates()
export const authority = certificates.ca

/** Longer than anything the suites order; what is not settled by then never is. */
export const patienceMs = 20_000

export interface FleetMessage {
  readonly ident: string
  readonly value: string
}

/** Devices that number their messages, from 1. */
export class Fleet {
  readonly #sequences = new Map<string, number>()

  /** `count` new messages, each device's numbered on; the devices take turns. */
  messages(count: number, { devices = 1, note = '' } = {}): FleetMessage[] {
    return Array.from({ length: count }, (_, at) => this.message(`86000000000${1000 + (at % devices)}`, note))
  }

  /** The next message of a device. */
  message(ident: string, note = ''): FleetMessage {
    const seq = (this.#sequences.get(ident) ?? 0) + 1
    this.#sequences.set(ident, seq)
    const position = { 'position.latitude': 52.2297, 'position.longitude': 21.0122, 'position.speed': 48 }
    const value = JSON.stringify({ ident, timestamp: 1_767_225_600 + seq, seq, note, ...position })
    return { ident, value }
  }
}

/** `<ident>#<seq>` of the JSON that the suites send. */
export function idOf(bytes: Buffer): string {
  const { ident, seq } = JSON.parse(bytes.toString())
  return `${ident}#${seq}`
}

/** The sequence of each device, in order of arrival. */
export function byDevice(ids: readonly string[]): Record<string, string> {
  const sequences: Record<string, string> = {}
  for (const id of ids) {
    const [device = '', seq] = id.split('#')
    sequences[device] = `${sequences[device] ?? ''} ${seq}`
  }
  return sequences
}

/** Fails when one of the credentials, as it is or in Base64, stands in what a person could come to read. */
export function findSecrets(t: ExecutionContext, texts: readonly string[]): void {
  for (const secret of [rightCredential, wrongCredential]) {
    for (const form of [secret, Buffer.from(secret).toString('base64')]) {
      t.deepEqual(
        texts.filter(text => text.includes(form)),
        [],
        'a secret was told'
      )
    }
  }
}

/** What `work` resolves with, unless it takes longer than patience lasts. */
export async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle in ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
