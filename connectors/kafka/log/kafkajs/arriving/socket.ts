// The sockets under kafkajs. Node reads a socket in pieces of 64 KiB, each allocated anew, and kafkajs puts them
// together in yet another buffer; of a consumer's work and of its garbage that is a good part. Here kafkajs gets each
// response as a whole, and long ones of all connections no faster than there is room for them. Invariant 5

import net from 'node:net'
import tls from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import type { Allowance } from './allowance.ts'
import { Frames } from './frames.ts'

/** As kafkajs' own. */
const keepAliveMs = 60_000

/** In place of kafkajs' own factory, which does the same without `onread`. Without `arriving` there is always room. */
export function socketFactory(arriving?: Allowance): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const room = arriving && { arriving, granted: () => void socket.resume() }
    const frames = new Frames(frame => socket.emit('data', frame), room)
    const options = { host, port, onread: reading(frames, error => socket.destroy(error)) }
    const name = net.isIP(host) === 0 ? { servername: host } : {}
    const socket = ssl
      ? tls.connect({ ...name, ...ssl, ...options }, onConnect)
      : net.connect(options, onConnect)
    socket.once('close', () => {
      frames.close()
      // kafkajs disconnects what is closed again and again, and each time Node would wait for it to connect.
      socket.unref = () => socket
    })
    return socket.setKeepAlive(true, keepAliveMs)
  }
}

function reading(frames: Frames, destroy: (error: Error) => void): net.OnReadOpts {
  return {
    buffer: () => frames.space(),
    callback(bytes) {
      try {
        frames.filled(bytes)
      } catch (error) {
        destroy(error as Error) // what Frames throws
      }
      return !frames.isWaiting // false pauses the socket
    }
  }
}
