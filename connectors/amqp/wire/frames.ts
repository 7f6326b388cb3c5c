// Frames of AMQP 0-9-1 (specification 4.2.3):
//
//   octet   short     long     size octets   octet
//   type    channel   size     payload       0xce
//
// What is read is bounded: a frame that announces more bytes than were agreed upon is an error before they are there.

export const frameType = { method: 1, header: 2, body: 3, heartbeat: 8 } as const

/** Bytes around a payload. */
const frameOverheadBytes = 8
const headBytes = 7
const frameEnd = 0xce
const none: Buffer = Buffer.alloc(0)

/** What a client begins with: the version that it speaks. */
export const protocolHeader = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1')

export interface Frame {
  readonly type: number
  readonly channel: number
  /** A view of what was read. */
  readonly payload: Buffer
}

export function encodeFrame({ type, channel, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(payload.length + frameOverheadBytes)
  bytes.writeUInt8(type, 0)
  bytes.writeUInt16BE(channel, 1)
  bytes.writeUInt32BE(payload.length, 3)
  payload.copy(bytes, headBytes)
  bytes[headBytes + payload.length] = frameEnd
  return bytes
}

export const heartbeatFrame = encodeFrame({ type: frameType.heartbeat, channel: 0, payload: none })

/** The content of a message as body frames of at most `frameMaxBytes` each, in one piece; none for an empty one. */
export function encodeBody(channel: number, body: Buffer, frameMaxBytes: number): Buffer {
  const roomBytes = frameMaxBytes - frameOverheadBytes
  const frames: Buffer[] = []
  for (let at = 0; at < body.length; at += roomBytes)
    frames.push(encodeFrame({ type: frameType.body, channel, payload: body.subarray(at, at + roomBytes) }))
  const [first = none] = frames
  return frames.length > 1 ? Buffer.concat(frames) : first
}

export class FrameReader {
  readonly #maxPayloadBytes: number
  #rest = none

  constructor(frameMaxBytes: number) {
    this.#maxPayloadBytes = frameMaxBytes - frameOverheadBytes
  }

  /** The frames that are whole by now. Throws an Error at the first byte that cannot be of one. */
  *take(chunk: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) yield frame
  }

  #next(): Frame | undefined {
    const bytes = this.#rest
    const [type] = bytes
    if (type === undefined) return undefined
    if (type !== 8 && (type < 1 || type > 3)) throw new Error(`a frame of type ${type}`)
    if (bytes.length < headBytes) return undefined
    const size = bytes.readUInt32BE(3)
    if (size > this.#maxPayloadBytes)
      throw new Error(`a frame of ${size} bytes, at most ${this.#maxPayloadBytes}`)
    const end = headBytes + size
    if (bytes.length <= end) return undefined
    if (bytes[end] !== frameEnd) throw new Error('a frame without its end')
    this.#rest = bytes.subarray(end + 1)
    return { type, channel: bytes.readUInt16BE(1), payload: bytes.subarray(headBytes, end) }
  }
}
