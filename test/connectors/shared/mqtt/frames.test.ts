import test from 'ava'
import { Frames } from '../../../../connectors/shared/mqtt/subscribe/frames.ts'
import { seeded } from '../../../seeded.ts'

/** A packet with so many bytes behind its fixed header. */
function packet(first: number, length: number): Buffer {
  const digits: number[] = []
  for (let left = length; digits.length === 0 || left > 0; left = Math.floor(left / 128))
    digits.push(left % 128)
  const header = digits.map((digit, at) => (at < digits.length - 1 ? digit + 128 : digit))
  return Buffer.concat([Buffer.from([first, ...header]), Buffer.alloc(length, length % 251)])
}

/** What comes of bytes that arrive in these chunks. */
function framesOf(chunks: readonly Buffer[], maxBytes = 10_000_000) {
  const frames = new Frames(maxBytes)
  const steps = []
  for (const chunk of chunks) {
    frames.push(chunk)
    for (let step = frames.next(); step !== null; step = frames.next()) steps.push(step)
  }
  return steps
}

test('packets are found however they are cut, and each is announced before it is there', t => {
  const lengths = [0, 1, 127, 128, 16_383, 16_384, 2, 70_000, 0]
  const packets = lengths.map((length, at) => packet(0x32 + (at % 2), length))
  const all = Buffer.concat(packets)
  const random = seeded(7)
  for (const most of [1, 2, 100, 100_000, all.length]) {
    const chunks: Buffer[] = []
    for (let at = 0; at < all.length; ) {
      const end = at + (most < 3 ? most : 1 + Math.floor(random() * most))
      chunks.push(all.subarray(at, end))
      at = end
    }
    const steps = framesOf(chunks)
    t.deepEqual(
      steps.map(step => step.bytes),
      packets.flatMap((each, at) => [lengths[at] ?? 0, each])
    )
    t.true(steps.every(step => step.type === 3))
  }
})

test('of a packet that is too large the beginning is kept with a header of its own, and the next is found', t => {
  const chunks = [packet(0x30, 5_000_000), packet(0xd0, 0)]
  const steps = framesOf(chunks, 1_000)
  t.deepEqual(
    steps.map(step => (step.kind === 'frame' ? [step.bytes.length, step.cutFrom] : step.bytes)),
    [1_000, [1_003, 5_000_000], 0, [2, null]]
  )
  const [, cut] = steps
  t.deepEqual(cut?.kind === 'frame' && cut.bytes.subarray(0, 3), Buffer.from([0x30, 0xe8, 0x07]))
})

test('a length of more than four bytes is none', t => {
  t.throws(() => framesOf([Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 1])]), {
    message: /the length of a packet/
  })
})
