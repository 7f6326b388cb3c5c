// Reads what a stream does from the admin listener of its process, and prints it. It reads no faster than it can print, so
// that a slow terminal makes the process drop lines, and not this one grow.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import { painter, printJson } from '../output.ts'
import { type AdminOption, adminAddress, reportedBy, stateLines } from '../shared/running.ts'
import { untilInterrupted } from '../terminal/interrupt.ts'
import { lineOf, type Watched } from './line.ts'

export interface WatchOptions extends AdminOption {
  readonly device?: string
  readonly json?: true
}

export async function watch(name: string, options: WatchOptions): Promise<void> {
  const { url, token } = await adminAddress(options)
  await untilInterrupted(async signal => {
    const lines = await open(name, { ...options, url, token, signal })
    await tellState(name, { url, json: options.json })
    const out = process.stdout
    const paint = painter(out)
    for await (const line of lines) {
      const text = options.json ? line : lineOf(JSON.parse(line) as Watched, paint) // as the listener writes it
      if (!out.write(`${text}\n`)) await once(out, 'drain')
    }
  })
}

/** A stream that waits shows nothing before it tries again, so its state is told first. */
async function tellState(
  name: string,
  { url, json }: { url: string; json: true | undefined }
): Promise<void> {
  const report = await reportedBy(url, name)
  if (report === null) return
  const { state, trouble } = report
  if (json) printJson({ event: 'state', state, ...(trouble && { trouble }) })
  else process.stdout.write(`${stateLines(report, Date.now()).join('\n')}\n`)
}

interface Opening extends WatchOptions {
  readonly url: string
  readonly token: string | null
  readonly signal: AbortSignal
}

/** The lines as they come. Rejects with `watch_refused` or `watch_unreachable`. */
async function open(name: string, { url, device, token, signal }: Opening): Promise<AsyncIterable<string>> {
  const address = new URL(`/watch/${encodeURIComponent(name)}`, url)
  if (device !== undefined) address.searchParams.set('device', device)
  const headers = token === null ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(address, { headers, signal }).catch(cause => {
    if (signal.aborted) throw cause
    throw new FaultError('watch_unreachable', { path: url, detail: messageOf(cause.cause ?? cause), cause })
  })
  if (!response.ok || response.body === null)
    throw new FaultError('watch_refused', { path: url, detail: (await response.text()).trim() })
  process.stderr.write(`Looking on at ${name} (${url}). Press Ctrl-C to end it; the stream goes on.\n`)
  const input = Readable.fromWeb(response.body as never) // Node's own two declarations of the same stream
  return createInterface({ input })
}
