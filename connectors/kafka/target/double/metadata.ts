// Metadata (key 3), version 6. Request: topics: nullable array of string, auto creation bool.
// Response: throttle int32, brokers: node int32, host string, port int32, rack nullable string; cluster id nullable string,
// controller int32, topics: error int16, name string, internal bool, partitions: error int16, number int32, leader int32,
// replicas: int32, in sync: int32, offline: int32.

import type { Reader } from '../../log/kafkajs/fetch/reader.ts'
import { Writer } from './wire.ts'

export interface Cluster {
  readonly host: string
  readonly port: number
  /** How many partitions a topic has, or the code of an error. */
  partitionsOf(topic: string): number | { readonly error: number }
  /** The node that leads a partition; -1: nobody does. Default: the only one. */
  leaderOf?(topic: string, partition: number): number
  /** Brokers that it names beside itself, which has the number 1. */
  readonly others?: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
}

const nodeId = 1

export function metadata(request: Reader, cluster: Cluster): Buffer {
  const count = request.int32()
  const topics = Array.from({ length: Math.max(0, count) }, () => request.string())
  const writer = new Writer().int32(0)
  const { host, port, others = [] } = cluster
  writer.array([{ nodeId, host, port }, ...others], one => {
    writer.int32(one.nodeId).string(one.host).int32(one.port).string(null)
  })
  writer.string('double').int32(nodeId)
  writer.array(topics, topic => void writeTopic(writer, topic, cluster))
  return writer.take()
}

function writeTopic(writer: Writer, topic: string, cluster: Cluster): void {
  const partitions = cluster.partitionsOf(topic)
  const isKnown = typeof partitions === 'number'
  writer
    .int16(isKnown ? 0 : partitions.error)
    .string(topic)
    .int8(0)
  const numbers = Array.from({ length: isKnown ? partitions : 0 }, (_, number) => number)
  writer.array(numbers, number => {
    const leader = cluster.leaderOf?.(topic, number) ?? nodeId
    writer.int16(leader < 0 ? leaderNotAvailable : 0)
    writer.int32(number).int32(leader)
    for (const nodes of [[nodeId], [nodeId], []]) writer.array(nodes, node => void writer.int32(node))
  })
}

const leaderNotAvailable = 5
