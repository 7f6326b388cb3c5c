// Another program that takes a port between the moment at which it was found free and that at which a broker listens.

import { once } from 'node:events'
import { readFile, watch } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** Takes the first port that a node of a Kafka below `dir` is about to listen on. */
export async function takeNextPort(dir: string): Promise<Server> {
  for await (const { filename } of watch(dir, { recursive: true })) {
    if (!filename?.endsWith('server.properties')) continue
    const properties = await readFile(join(dir, filename), 'utf8')
    const port = /^listeners=PLAINTEXT:\/\/127\.0\.0\.1:(\d+)/m.exec(properties)?.[1]
    if (port === undefined) continue // It is still being written.
    const server = createServer().listen(Number(port), '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  throw new Error('no node was prepared')
}
