// A server that is not the one that was meant: it says nothing, or speaks something else.

import net from 'node:net'

/** Runs `body` beside a server on loopback that treats each connection like this. */
export async function withServer(
  treat: (socket: net.Socket) => void,
  body: (address: { host: string; port: number }) => Promise<void>
): Promise<void> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    treat(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo // a TCP server that listens has one
  try {
    await body({ host: '127.0.0.1', port })
  } finally {
    const closed = new Promise(resolve => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
}
