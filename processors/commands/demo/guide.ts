// What the demo says before it shows what flows: what runs, and what to try. No line is longer than 80 characters.

import type { DemoPorts } from './config.ts'

export interface GuideFacts {
  readonly ports: DemoPorts
  /** Where messages are POSTed. */
  readonly url: string
  /** Of the configuration. */
  readonly path: string
  /** How the receiver is stopped and started: `press s`. */
  readonly toggling: string
}

export function guide({ ports, url, path, toggling }: GuideFacts): string {
  return `
Tailrace runs: a fleet -> Kafka -> stream acme -> a receiver on port ${ports.receiver}.

  send a message    curl -H 'content-type: application/json' \\
                      -d '{"ident":"truck-42","position.speed":50}' \\
                      ${url}
  stop the receiver,
  and start it again
                    ${toggling}
  see the metrics   curl http://127.0.0.1:${ports.admin}/metrics
  and the states    curl http://127.0.0.1:${ports.admin}/status
  the configuration ${path}
  end               Ctrl-C`
}
