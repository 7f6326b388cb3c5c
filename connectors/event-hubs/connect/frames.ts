// Watches the frames that come in (AMQP 1.0, part 2, 2.3) for the end of a link, a session or the connection. The SDK tells
// nobody of it: what is in flight would wait for its whole time, and each link that it attaches again in place of one that the
// service ended would leave a timer behind.

const header = Buffer.from('AMQP')
const headerBytes = 8
const frameHeaderBytes = 8
/** Nothing that a sender gets is larger; what claims to be is not looked into. */
const maxFrameBytes = 1_048_576

/** By the descriptor of the performative (2.7). */
const endings: ReadonlyMap<number, string> = new Map([
  [0x16, 'detach'],
  [0x17, 'end'],
  [0x18, 'close']
])

export interface Ending {
  /** What ended, and why: `detach amqp:link:detach-forced: The link ...`. */
  readonly text: string
  /** How many bytes of the chunk stand before it. */
  readonly before: number
}

export class FrameWatch {
  #left: Buffer = Buffer.alloc(0)
  #isBlind = false

  /** What ended, once it has. */
  read(chunk: Buffer): Ending | null {
    if (this.#isBlind) return null
    let bytes = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk])
    for (let size = sizeOf(bytes); size <= bytes.length; size = sizeOf(bytes)) {
      const text = endingIn(bytes.subarray(0, size))
      if (text !== null) return { text, before: Math.max(0, chunk.length - bytes.length) }
      bytes = bytes.subarray(size)
    }
    this.#isBlind = sizeOf(bytes) === Number.POSITIVE_INFINITY && bytes.length >= frameHeaderBytes
    this.#left = this.#isBlind ? Buffer.alloc(0) : Buffer.from(bytes)
    return null
  }
}

/** Of what comes next; infinite where that is not known, or nothing that can be. */
function sizeOf(bytes: Buffer): number {
  if (bytes.length < frameHeaderBytes) return Number.POSITIVE_INFINITY
  if (bytes.subarray(0, header.length).equals(header)) return headerBytes
  const size = bytes.readUInt32BE(0)
  return size < frameHeaderBytes || size > maxFrameBytes ? Number.POSITIVE_INFINITY : size
}

function endingIn(frame: Buffer): string | null {
  const at = 4 * (frame[4] ?? 0)
  // A described type whose descriptor is a small ulong.
  if (frame[at] !== 0x00 || frame[at + 1] !== 0x53) return null
  const name = endings.get(frame[at + 2] ?? 0)
  return name === undefined ? null : [name, ...errorIn(frame)].join(' ')
}

/** The condition, a symbol, and the description, a string, which follows it. */
function errorIn(frame: Buffer): string[] {
  const text = frame.toString('latin1')
  const [condition] = /(?:amqp|com\.microsoft):[a-z:-]+/.exec(text) ?? []
  if (condition === undefined) return []
  const description = stringAt(frame, text.indexOf(condition) + condition.length)
  return [description === '' ? condition : `${condition}: ${description}`]
}

/** A string with a length of one byte (0xa1) or four (0xb1). */
function stringAt(frame: Buffer, at: number): string {
  if (frame[at] === 0xa1) return frame.toString('utf8', at + 2, at + 2 + (frame[at + 1] ?? 0))
  if (frame[at] === 0xb1 && frame.length >= at + 5)
    return frame.toString('utf8', at + 5, at + 5 + frame.readUInt32BE(at + 1))
  return ''
}
