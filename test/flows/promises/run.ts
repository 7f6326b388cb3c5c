// All promises by name, and how one is run: from an empty stage to its findings.

import { fairness } from './fairness.ts'
import { faults } from './faults/faults.ts'
import { heldCrashes } from './held/crashes.ts'
import { held } from './held/refused.ts'
import { resend } from './held/resend.ts'
import { destinations } from './http/destinations.ts'
import { hostile } from './http/hostile.ts'
import { tokens } from './http/tokens.ts'
import { journey } from './journey/journey.ts'
import { awsIot } from './mqtt/aws-iot.ts'
import { iotHub } from './mqtt/iot-hub.ts'
import { sequence } from './numbered/sequence.ts'
import { reload } from './operator/reload.ts'
import { replay } from './operator/replay.ts'
import { outage } from './outage.ts'
import { concurrency } from './pace/concurrency.ts'
import { rateLimit } from './pace/rate-limit.ts'
import { poison } from './poison.ts'
import type { EnginePromise, Findings, Scale } from './promise.ts'
import { scaleOut } from './scale/scale-out.ts'
import { slowDevice } from './slow-device.ts'
import { Stage } from './stage.ts'
import { lacking } from './steps/lacking.ts'
import { remembered } from './steps/remembered.ts'
import { reshaped } from './steps/reshaped.ts'
import { through } from './through/through.ts'
import { toll } from './toll/toll.ts'

export const promises: readonly EnginePromise[] = [
  poison,
  slowDevice,
  outage,
  fairness,
  held,
  heldCrashes,
  resend,
  rateLimit,
  concurrency,
  reload,
  replay,
  scaleOut,
  faults,
  destinations,
  tokens,
  hostile,
  reshaped,
  lacking,
  remembered,
  toll,
  sequence,
  awsIot,
  iotHub,
  journey,
  through
]

export interface PromiseResult extends Findings {
  readonly case: string
  readonly title: string
  readonly seconds: number
  /** The ends of the logs, where something is not as it must be. */
  readonly logs: string
}

/** Runs one promise; a story that breaks off is a complaint. */
export async function runPromise(
  promise: EnginePromise,
  scale: Scale,
  brokers: readonly string[]
): Promise<PromiseResult> {
  const stage = await Stage.open(brokers)
  const startedMs = Date.now()
  let hasComplaints = false
  try {
    const findings = await promise.run(stage, scale).catch(brokenOff)
    hasComplaints = findings.complaints.length > 0
    const seconds = Math.round((Date.now() - startedMs) / 1000)
    const logs = hasComplaints ? await stage.logs() : ''
    return { case: promise.name, title: promise.title, ...findings, seconds, logs }
  } finally {
    await stage.close(hasComplaints)
  }
}

function brokenOff(error: unknown): Findings {
  const complaint = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { complaints: [complaint], shortfalls: [], figures: {} }
}
