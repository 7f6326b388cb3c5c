// A process of `tailrace run` as Kubernetes sees it: what its probes are answered, and what its log says.

import type { ExecutionContext } from 'ava'
import { type Child, startCommand } from '../../commands/child.ts'
import { writeConfig } from '../start.ts'

/** How long a probe waits: a machine under load must not look like one that is blocked. */
const usualMs = 10_000

/** The status and the body of an answer; null where none came. */
export type Answer = readonly [status: number, body: string] | null

export interface Probed {
  readonly child: Child
  /** Of its configuration. */
  readonly path: string
  readonly sourceUrl: string
  readonly adminUrl: string
  /** What liveness and readiness are answered now. */
  answers(patienceMs?: number): Promise<{ readonly healthz: Answer; readonly readyz: Answer }>
  /** The next line of the log with this event. */
  logged(event: string): Promise<Readonly<Record<string, unknown>>>
  /** As /status says it. */
  status(): Promise<ReturnType<typeof JSON.parse>>
}

/** Resolves once its listeners are open. */
export async function startProbed(
  t: ExecutionContext,
  config: object,
  env: NodeJS.ProcessEnv = {}
): Promise<Probed> {
  const path = writeConfig(t, { listen: { http: 0, admin: 0 }, ...config })
  const child = startCommand(t, ['run', path], env)
  const logged = async (event: string) => JSON.parse(await child.lineWhere(line => isOf(line, event)))
  const [first, second] = [await logged('listener_opened'), await logged('listener_opened')]
  const urlOf = (kind: string) => `http://127.0.0.1:${first.kind === kind ? first.port : second.port}`
  const adminUrl = urlOf('admin')
  return {
    ...{ child, path, adminUrl, logged },
    sourceUrl: urlOf('http'),
    answers: async (patienceMs = usualMs) => {
      const pages = ['healthz', 'readyz'].map(page => ask(`${adminUrl}/${page}`, patienceMs))
      const [healthz = null, readyz = null] = await Promise.all(pages)
      return { healthz, readyz }
    },
    status: async () => (await fetch(`${adminUrl}/status`)).json()
  }
}

function isOf(line: string, event: string): boolean {
  return JSON.parse(line).event === event
}

async function ask(url: string, patienceMs: number): Promise<Answer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
    return [response.status, (await response.text()).trimEnd()]
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return null
    throw error
  }
}
