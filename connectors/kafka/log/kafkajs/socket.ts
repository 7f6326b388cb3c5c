// The sockets under kafkajs. Node reads a socket in pieces of 64 KiB, each allocated anew, and kafkajs puts them
// together in yet another buffer; of a consumer's work that is a good part. Here kafkajs gets each response as a whole.

import net from 'node:net'
import tls from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { Frames } from './frames.ts'

/** As kafkajs' own. */
const keepAliveMs = 60_000

/** In place of kafkajs' own factory, which does the same without `onread`. */
export const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  // Through TLS Node decrypts into pieces of its own anyway.
  const socket = ssl
    ? tls.connect({ host, port, ...(!net.isIP(host) && { servername: host }), ...ssl }, onConnect)
    : openFramed(host, port, onConnect)
  return socket.setKeepAlive(true, keepAliveMs)
}

function openFramed(host: string, port: number, onConnect: () => void): net.Socket {
  const frames = new Frames(frame => socket.emit('data', frame))
  const onread = {
    buffer: () => frames.space(),
    callback(bytes: number) {
      try {
        frames.filled(bytes)
      } catch (error) {
        socket.destroy(error as Error) // what Frames throws
      }
      return true
    }
  }
  const socket = net.connect({ host, port, onread }, onConnect)
  return socket
}
