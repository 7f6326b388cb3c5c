// What a process on this machine that runs a stream says of it, by its admin listener: its state, and why it does not go on.

import type { TroubleReport } from '../../../connectors/trouble.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { ServiceStatus, StreamReport } from '../../service/admin/status.ts'
import { printable } from '../terminal/table.ts'
import { ageText } from '../terminal/values.ts'
import type { StreamOption } from './stream.ts'

/** Who runs the stream answers at once, and who does not is not waited for. */
const patienceMs = 2_000
/** For an answer that was asked for by itself: a process under load takes its time. */
const longPatienceMs = 10_000

/** Where the admin listener is. Throws `usage` where the configuration cannot tell. */
function adminUrl({ admin }: { readonly admin: number }): string {
  if (admin === 0)
    throw new FaultError('usage', { detail: 'listen.admin is 0, so the port is not known: add --url' })
  return `http://127.0.0.1:${admin}`
}

export interface AdminOption extends StreamOption {
  readonly url?: string
}

/** Where the admin listener is, and its token. Throws what reading the configuration throws, or `usage`. */
export async function adminAddress({
  config: path,
  url
}: AdminOption): Promise<{ url: string; token: string | null }> {
  const [{ registry }, { readConfig, loadConfig }] = await Promise.all([
    import('../../../connectors/registry.ts'),
    import('../../service/config/load.ts')
  ])
  // With --url a configuration is wanted only for the token.
  const isNeeded = url === undefined
  const loaded = isNeeded ? loadConfig(path, { registry, env: process.env }) : tryToRead()
  const listen = loaded?.config.listen
  const token = listen?.adminToken ?? null
  if (url !== undefined) return { url, token }
  return { url: adminUrl(listen ?? { admin: 0 }), token }

  function tryToRead() {
    try {
      const read = readConfig(path, { registry, env: process.env })
      return read.kind === 'valid' ? read : null
    } catch {
      return null
    }
  }
}

/** What the process at `url` says of itself. Rejects with `watch_unreachable`. */
export async function statusAt(url: string): Promise<ServiceStatus> {
  const status = await askedStatus(url, longPatienceMs).catch(cause => {
    const detail = messageOf(cause.cause ?? cause)
    throw new FaultError('watch_unreachable', { path: url, detail, cause })
  })
  if (Array.isArray(status?.streams)) return status as ServiceStatus // who has streams is Tailrace
  throw new FaultError('watch_unreachable', { path: url, detail: 'who answers is not Tailrace' })
}

/** The stream as the process at `url` runs it; null where none does, or nobody answers. */
export async function reportedBy(url: string, stream: string): Promise<StreamReport | null> {
  try {
    const status = await askedStatus(url, patienceMs)
    return status?.streams?.find(({ name }) => name === stream) ?? null
  } catch {
    return null
  }
}

async function askedStatus(url: string, limitMs: number): Promise<Partial<ServiceStatus> | null> {
  const response = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(limitMs) })
  return (await response.json()) as Partial<ServiceStatus> | null // of Tailrace, or of whoever is there
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

/** What is looked at of a stream, or of a process. */
type Stated = Pick<StreamReport, 'trouble'> & { readonly state: string }

/** The state with its reason, and how to mend it where that is known. */
export function stateLines({ state, trouble }: Stated, nowMs: number): string[] {
  if (trouble === undefined) return [state]
  const { hint, nextAttempt } = trouble
  const leftMs = nextAttempt === null ? null : Date.parse(nextAttempt) - nowMs
  const next =
    leftMs === null ? '' : leftMs <= 0 ? ', the next attempt is due' : `, next attempt in ${inText(leftMs)}`
  return [`${state}: ${whyText(trouble)}${next}`, ...(hint === undefined ? [] : [printable(hint)])]
}

/** The reason, with what was said there. */
export function whyText({ sentence, detail }: TroubleReport): string {
  return printable(detail === '' || detail === sentence ? sentence : `${sentence} (${detail})`)
}

/** In whole seconds that are not over. */
export const inText = (ms: number) => ageText(Math.ceil(ms / 1_000) * 1_000)
