// Which messages of a batch travel together. Pub/Sub takes in one request messages of one topic that have all the same
// ordering key, or all none ("All PubsubMessages published in a given PublishRequest must specify the same ordering_key
// value", google/pubsub/v1/pubsub.proto); what breaks that it refuses with FAILED_PRECONDITION. A device may have several
// keys, and a key several devices, so a request says which others have to be confirmed before it.

import type { Message } from '../../connector.ts'
import { maxRequestBytes, maxRequestMessages } from './limits.ts'
import type { Publication } from './publications.ts'

/** A message, and where it stands in its batch. */
export interface Entry {
  readonly at: number
  readonly publication: Publication
}

export interface PublishRequest {
  readonly topic: string
  readonly entries: Entry[]
  /** Its place among the requests. */
  readonly index: number
  /** Requests before it, by place: it is sent once they are settled well. */
  readonly after: Set<number>
  bytes: number
}

export class Requests {
  readonly list: PublishRequest[] = []
  /** The last request of each topic and ordering key. */
  readonly #open = new Map<string, PublishRequest>()
  /** The last request of each device. */
  readonly #ofDevice = new Map<string | null, number>()

  /** Messages are added in the order of the batch. */
  add(message: Message, entry: Entry): void {
    const { topic, orderingKey, bytes } = entry.publication
    const device = message.key()
    const last = this.#ofDevice.get(device)
    const way = `${topic}\n${orderingKey}`
    const open = this.#open.get(way)
    const mayJoin = open !== undefined && fits(open, bytes) && (last === undefined || last <= open.index)
    const request = mayJoin ? open : this.#begin(topic, open)
    request.entries.push(entry)
    request.bytes += bytes
    if (last !== undefined && last !== request.index) request.after.add(last)
    this.#open.set(way, request)
    this.#ofDevice.set(device, request.index)
  }

  #begin(topic: string, before: PublishRequest | undefined): PublishRequest {
    const after = new Set(before === undefined ? [] : [before.index])
    const request: PublishRequest = {
      topic,
      entries: [],
      index: this.list.length,
      after,
      bytes: topic.length
    }
    this.list.push(request)
    return request
  }
}

/** A message that is larger than a request may be travels alone. */
function fits({ entries, bytes }: PublishRequest, more: number): boolean {
  return entries.length < maxRequestMessages && bytes + more <= maxRequestBytes
}
