// The details of a status that asks to come back later: a google.rpc.Status with a RetryInfo in it, as gRPC carries it in the
// trailer grpc-status-details-bin.

import { protos } from '@google-cloud/pubsub'

const { Duration } = protos.google.protobuf
const typeUrl = 'type.googleapis.com/google.rpc.RetryInfo'

interface Told {
  readonly code: number
  readonly details: string
  readonly retryAfterMs: number
}

export function retryDetails({ code, details, retryAfterMs }: Told): Buffer {
  const seconds = Math.floor(retryAfterMs / 1_000)
  const delay = Duration.encode({ seconds, nanos: (retryAfterMs % 1_000) * 1e6 }).finish()
  const retryInfo = field(1, Buffer.from(delay))
  const any = Buffer.concat([field(1, Buffer.from(typeUrl)), field(2, retryInfo)])
  return Buffer.concat([Buffer.from([0x08, code]), field(2, Buffer.from(details)), field(3, any)])
}

/** A field with a length before it. */
function field(number: number, bytes: Buffer): Buffer {
  const length: number[] = []
  let left = bytes.length
  for (; left > 0x7f; left >>= 7) length.push((left & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, left]), bytes])
}
