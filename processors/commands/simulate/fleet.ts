// The fleet that is simulated: real messages, given new times and as many devices as wanted, and otherwise left as
// they are, number formats included.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import { packageRoot } from '../package-root.ts'

/** A message of the sample, cut where another ident and other times go. */
interface Template {
  readonly line: string
  readonly ident: string
  /** Counts the devices of the sample in order of appearance. */
  readonly device: number
  /** How much older it is than the newest message of its device so far: trackers send some late. */
  readonly lateSeconds: number
  /** What follows the ident and the two times. */
  readonly rest: string
}

const shape = /^\{"ident":"(\d{15})","timestamp":(\d+),"server\.timestamp":\d+,(.*)$/

export interface FleetOptions {
  /** How many devices; default: those of the sample. */
  readonly devices?: number | undefined
  /** Leaves idents and times alone. */
  readonly asIs: boolean
  /** Unix ms. */
  readonly now: () => number
}

/** The lines of the sample that comes with the package. */
export function readSample(): string[] {
  const path = packageRoot('processors/commands/simulate/fleet.jsonl.gz')
  try {
    return gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n')
  } catch (cause) {
    throw new FaultError('internal', { path, detail: messageOf(cause), cause })
  }
}

/** The messages of a fleet, one after the other, beginning anew when the sample ends. */
export function* fleetMessages(sample: readonly string[], options: FleetOptions): Generator<string, never> {
  const templates = readTemplates(sample)
  const original = new Set(templates.map(template => template.device)).size
  const devices = options.devices ?? original
  for (;;) {
    for (const template of templates) {
      if (options.asIs) yield template.line
      else yield* ofAllClones(template, { original, devices, nowMs: options.now() })
    }
  }
}

/** Clone n of device d is device d + n x (devices of the sample). */
function* ofAllClones(template: Template, fleet: { original: number; devices: number; nowMs: number }) {
  const now = Math.floor(fleet.nowMs / 1000)
  const times = `"timestamp":${now - template.lateSeconds},"server.timestamp":${now}`
  for (let clone = 0; template.device + clone * fleet.original < fleet.devices; clone++) {
    yield `{"ident":"${cloneOf(template.ident, clone)}",${times},${template.rest}`
  }
}

/** The last eleven digits tell the devices of the sample apart; none of them begins with a zero. */
function cloneOf(ident: string, clone: number): string {
  return clone === 0 ? ident : String(clone).padStart(4, '0') + ident.slice(4)
}

function readTemplates(sample: readonly string[]): Template[] {
  const devices = new Map<string, number>()
  const newest = new Map<string, number>()
  return sample.map(line => {
    const [, ident = '', time = '', rest = ''] = shape.exec(line) ?? []
    const timestamp = Number(time)
    const device = devices.get(ident) ?? devices.size
    const newestSoFar = Math.max(newest.get(ident) ?? 0, timestamp)
    devices.set(ident, device)
    newest.set(ident, newestSoFar)
    return { line, ident, device, lateSeconds: newestSoFar - timestamp, rest }
  })
}
