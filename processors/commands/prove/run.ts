// Runs the proof: sends numbered messages of devices of its own to a channel, receives what the stream behind it delivers, and
// says whether all came and in order.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pauseFor, systemClock } from '../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../connectors/http/double.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import { printJson } from '../output.ts'
import { messagesIn } from '../receive/receiver.ts'
import { Sender } from '../simulate/sender.ts'
import { fired } from '../terminal/interrupt.ts'
import { Patience } from './patience.ts'
import { numbered, ProofTally } from './tally.ts'
import { deviceName, isProven, type ProofResult, verdictOf } from './verdict.ts'

/** Several batches to a device, so that their order means something. */
const batchMessages = 100

/** How long it is listened for what comes twice, once all has come. */
const listenOnMs = 500

/** What the command line says; the timeout in ms. */
export interface ProveOptions {
  readonly send: string
  readonly tokenFile?: string
  readonly host: string
  readonly receive: number
  readonly messages: number
  readonly devices: number
  readonly timeout: number
  readonly json: boolean
}

/** Prints the verdict; the exit code of the process is 1 where it is not proven. Throws `file_unreadable`, `listen_failed` or `send_refused`. */
export async function prove(options: ProveOptions, interrupted: AbortSignal): Promise<void> {
  const clock = systemClock
  const run = randomBytes(4).toString('hex')
  const sender = new Sender({ url: options.send, token: tokenIn(options.tokenFile), clock })
  const tally = new ProofTally(options.messages, options.devices)
  const complete = new AbortController()
  const patience = new Patience(clock, options.timeout)
  const receiver = new HttpDouble({
    ...{ clock, host: options.host, port: options.receive },
    reply: request => {
      const before = tally.arrived
      const reply = taken(request, run, tally)
      if (tally.arrived > before) patience.renew()
      if (tally.isComplete) complete.abort()
      return reply
    }
  })
  const given = AbortSignal.any([interrupted, patience.signal])
  try {
    await receiver.start()
    if (!options.json) process.stdout.write(`Sending to ${options.send}, receiving at ${receiver.url}\n`)
    const startedMs = clock.now()
    patience.renew()
    await sendAll(options, { run, sender, signal: given, onAccepted: () => patience.renew() })
    if (sender.counts.accepted === options.messages) await fired(AbortSignal.any([given, complete.signal]))
    const seconds = (clock.now() - startedMs) / 1_000
    if (tally.isComplete) await pauseFor(clock, listenOnMs, given)
    report(options, resultOf(options, { run, sender, tally, seconds }))
  } finally {
    patience.close()
    await receiver.stop()
  }
}

function tokenIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new FaultError('file_unreadable', { path, detail: messageOf(cause), cause })
  }
}

interface Sending {
  readonly run: string
  readonly sender: Sender
  readonly signal: AbortSignal
  readonly onAccepted: () => void
}

async function sendAll(
  { messages, devices }: ProveOptions,
  { run, sender, signal, onAccepted }: Sending
): Promise<void> {
  for (let sent = 0; sent < messages && !signal.aborted; sent += batchMessages) {
    const count = Math.min(batchMessages, messages - sent)
    const batch = Array.from({ length: count }, (_, at) => {
      const message = numbered(sent + at, devices)
      const timestamp = Date.now() / 1_000
      return JSON.stringify({ ident: deviceName(run, message), timestamp, 'proof.number': message.number })
    })
    await sender.send(batch, signal)
    if (sender.counts.refused > 0) return // The next would fare no better: it looks the same.
    onAccepted()
  }
}

const ok: Reply = { kind: 'answer', status: 200 }
const malformed: Reply = {
  kind: 'answer',
  status: 400,
  body: 'expected a JSON array, one object, or NDJSON\n'
}

/** Takes what is of this run, and whatever else comes as well: an earlier run may have been broken off. */
function taken({ body, headers }: Received, run: string, tally: ProofTally): Reply {
  const messages = messagesIn(body, headers['content-type']?.includes('ndjson') === true)
  for (const message of messages ?? []) {
    if (typeof message !== 'object' || message === null) continue
    const [ident, number] = [Reflect.get(message, 'ident'), Reflect.get(message, 'proof.number')]
    const device = new RegExp(`^proof-${run}-(\\d+)$`).exec(String(ident))?.[1]
    if (device !== undefined) tally.add({ device: Number(device), number: Number(number) })
  }
  return messages === undefined ? malformed : ok
}

function resultOf(
  { messages, devices, timeout }: ProveOptions,
  { run, sender, tally, seconds }: { run: string; sender: Sender; tally: ProofTally; seconds: number }
): ProofResult {
  const { accepted, refused, trouble } = sender.counts
  return {
    ...{ run, messages, devices, accepted, refused, trouble, seconds },
    arrived: tally.arrived,
    missing: tally.missing(accepted),
    disordered: tally.disordered,
    repeated: tally.repeated,
    timeoutSeconds: timeout / 1_000
  }
}

function report({ json }: ProveOptions, result: ProofResult): void {
  if (json) printJson({ proven: isProven(result), ...result })
  else process.stdout.write(`${verdictOf(result)}\n`)
  if (!isProven(result)) process.exitCode = 1
}
