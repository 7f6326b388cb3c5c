// What a process on this machine that runs a stream says of it, by its admin listener: its state, and why it does not go on.

import { FaultError } from '../../../schemas/errors.ts'
import type { ServiceStatus, StreamReport } from '../../service/admin/status.ts'
import { printable } from '../terminal/table.ts'
import { ageText } from '../terminal/values.ts'

/** Who runs the stream answers at once, and who does not is not waited for. */
const patienceMs = 2_000

/** Where the admin listener is. Throws `usage` where the configuration cannot tell. */
export function adminUrl({ admin }: { readonly admin: number }): string {
  if (admin === 0)
    throw new FaultError('usage', { detail: 'listen.admin is 0, so the port is not known: add --url' })
  return `http://127.0.0.1:${admin}`
}

/** The stream as the process at `url` runs it; null where none does, or nobody answers. */
export async function reportedBy(url: string, stream: string): Promise<StreamReport | null> {
  try {
    const response = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(patienceMs) })
    const status = (await response.json()) as Partial<ServiceStatus> | null // of Tailrace, or of whoever is there
    return status?.streams?.find(({ name }) => name === stream) ?? null
  } catch {
    return null
  }
}

/**
 * The stream as the process runs it that this configuration puts on this machine, where it is another than one that
 * goes on as it should.
 */
export async function troubledHere(
  { listen, group }: { readonly listen: { readonly admin: number }; readonly group: string },
  stream: string
): Promise<StreamReport | null> {
  const report = listen.admin === 0 ? null : await reportedBy(adminUrl(listen), stream)
  return report === null || report.group !== group || report.state === 'running' ? null : report
}

/** The state with its reason, and how to mend it where that is known. */
export function stateLines({ state, trouble }: StreamReport, nowMs: number): string[] {
  if (trouble === undefined) return [state]
  const { sentence, detail, hint, nextAttempt } = trouble
  const leftMs = nextAttempt === null ? null : Date.parse(nextAttempt) - nowMs
  const next =
    leftMs === null ? '' : leftMs <= 0 ? ', the next attempt is due' : `, next attempt in ${inText(leftMs)}`
  const why = detail === '' || detail === sentence ? sentence : `${sentence} (${detail})`
  return [`${state}: ${printable(why)}${next}`, ...(hint === undefined ? [] : [printable(hint)])]
}

/** In whole seconds that are not over. */
const inText = (ms: number) => ageText(Math.ceil(ms / 1_000) * 1_000)
