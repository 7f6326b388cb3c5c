// Stands in front of a server and passes on what clients say at once, and what the server says after a delay: the latency of a
// round trip, without a limit to how much is on its way.

import net, { type Socket } from 'node:net'

export class DelayingRelay {
  delayMs = 0
  readonly #toPort: number

  constructor(toPort: number) {
    this.#toPort = toPort
  }

  async start(port: number): Promise<void> {
    const server = net.createServer(client => this.#serve(client))
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  }

  #serve(client: Socket): void {
    const behind = net.connect(this.#toPort, '127.0.0.1')
    client.pipe(behind)
    behind.on('data', (data: Buffer) => {
      if (this.delayMs === 0) client.write(data)
      else setTimeout(() => client.write(data), this.delayMs)
    })
    for (const [one, other] of [
      [client, behind],
      [behind, client]
    ] as const) {
      one.setNoDelay(true)
      one.on('error', () => one.destroy())
      one.once('close', () => other.destroySoon())
    }
  }
}
