// The requests of a client that are no events: a token for `$cbs`, and what `$management` knows of the hub. Each is answered on
// the link that the client has opened for answers.

import rhea, { type Message, type Sender } from 'rhea'
import type { Claims } from './claims.ts'

export interface Hub {
  readonly name: string
  readonly partitions: number
}

/** Answers a put-token request. */
export function answerToken(
  request: Message,
  reply: Sender,
  { claims, nowMs }: { claims: Claims; nowMs: number }
): void {
  const { type, name } = request.application_properties ?? {}
  const { status, description } = claims.put({ type, name, token: request.body }, nowMs)
  reply.send({
    body: '',
    ...correlated(request),
    application_properties: { 'status-code': status, 'status-description': description }
  })
}

/** Answers what a client that hashes keys by itself asks: the partitions of the hub, and the state of one. */
export function answerManagement(request: Message, reply: Sender, { name, partitions }: Hub): void {
  const { type, partition } = request.application_properties ?? {}
  const ids = Array.from({ length: partitions }, (_, id) => String(id))
  const body =
    type === 'com.microsoft:eventhub'
      ? {
          ...{ name, type, created_at: new Date(0), partition_count: partitions },
          partition_ids: rhea.types.wrap_array(ids, 0xa1, undefined),
          georeplication_factor: 1
        }
      : {
          ...{ name, type, partition, begin_sequence_number: 0, last_enqueued_sequence_number: 0 },
          ...{ last_enqueued_offset: '0', last_enqueued_time_utc: new Date(0), is_partition_empty: false }
        }
  reply.send({
    body,
    ...correlated(request),
    application_properties: { 'status-code': 200, 'status-description': 'OK' }
  })
}

function correlated({ message_id: id }: Message): Pick<Message, 'correlation_id'> {
  return id === undefined ? {} : { correlation_id: id }
}
