// Which partition a key belongs to: murmur2 as Kafka's Java client computes it, so that every client that writes to
// a channel agrees. The constants and the order of operations are those of org.apache.kafka.common.utils.Utils.

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** The partition of a key, among `partitions`. */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

function murmur2(data: Buffer): number {
  const blocksEnd = data.length & ~3
  let hash = seed ^ data.length
  for (let at = 0; at < blocksEnd; at += 4) {
    const block = Math.imul(data.readInt32LE(at), multiplier)
    hash = Math.imul(hash, multiplier) ^ Math.imul(block ^ (block >>> 24), multiplier)
  }
  const rest = data.length - blocksEnd
  if (rest > 0) {
    hash = Math.imul(hash ^ data.readUIntLE(blocksEnd, rest), multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}
