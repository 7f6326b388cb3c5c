// Spreads devices over several connections to one place: a device keeps to its connection, which keeps its order.

import type { Message } from '../connector.ts'

/**
 * Which of `count` a message belongs to, from 0; the same for all messages of a device. Messages without key are spread as
 * one device. Another hash than the one that chooses partitions: a process with every fourth partition would otherwise
 * use every fourth connection only. FNV-1a, with the finalizer of MurmurHash3, since the low bits of FNV are poor.
 */
export function spreadOf({ bytes, keyStart, keyEnd }: Message, count: number): number {
  let hash = 0x811c9dc5
  for (let at = keyStart; at < keyEnd; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % count
}
