// What tests of numbers share: a stream that gives them, what it is sent, and what its target was asked for.

import type { LogRecord } from '../../../../connectors/kafka/log/log.ts'
import type { StreamOptions } from '../../../../processors/stream/options.ts'
import type { Rig } from '../rig.ts'

export const numbersTopic = 'tailrace.acme.sequences'
export const sequence = {
  field: 'seq',
  startAt: 1,
  topic: numbersTopic,
  maxDevices: 100,
  anyPartitioner: false
}
export const numbered: Partial<StreamOptions> = { sequence }

/** `device number` of each message of each request, in order. */
export function requests(member: { target: { batches: string[][] } }): string[] {
  return member.target.batches.flat().map(text => {
    const { id, seq } = JSON.parse(text)
    return `${id} ${seq}`
  })
}

export async function send(rig: Rig, ...ids: string[]): Promise<void> {
  const producer = rig.log.producer()
  const appended = producer.append(
    'fleet',
    ids.map(id => ({ key: Buffer.from(id.charAt(0)), value: Buffer.from(JSON.stringify({ id })) }))
  )
  await rig.clock.advance(500)
  await appended
}

export async function recordsOf(rig: Rig, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (const { partition, end } of await rig.admin.ranges(topic))
    for await (const record of rig.admin.read({ topic, partition, from: 0, to: end })) records.push(record)
  return records
}
