// The configuration of the demo: what a user would write, on ports that are free.

import { createServer } from 'node:net'

export interface DemoPorts {
  readonly source: number
  readonly admin: number
  readonly receiver: number
}

/** The ports that the documentation names, or free ones where another process has them. */
export async function choosePorts(): Promise<DemoPorts> {
  return { source: await freePort(8080), admin: await freePort(9090), receiver: await freePort(8090) }
}

export function demoConfig(brokers: readonly string[], ports: DemoPorts): string {
  return `kafka: { brokers: ${JSON.stringify(brokers)} }
listen: { http: ${ports.source}, admin: ${ports.admin} }
channels:
  tailrace-demo:
    partitions: 6
    sources: [{ http: {} }]
streams:
  acme:
    from: [tailrace-demo]
    retry: { maxDelayMs: 2000 }
    target: { http: { url: "http://127.0.0.1:${ports.receiver}/telemetry" } }
`
}

async function freePort(wanted: number): Promise<number> {
  return (await listenOnce(wanted)) ?? (await listenOnce(0)) ?? wanted
}

/** The port that was listened on for a moment, or null when another process has it. */
function listenOnce(port: number): Promise<number | null> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? null) : null))
    })
  })
}
