// The log of a receiver: a line for every request with the messages in it, and one for what became of it, tied together
// by the number of the request; and how to find in it, when a verdict is bad, what happened to a few messages.

import { once } from 'node:events'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** What became of an answer: sent, or why it did not reach its sender. */
export type Outcome = 'answered' | 'unheard' | 'unread' | 'cut off' | 'sender killed'

export class RequestLog {
  readonly #file: string
  readonly #stream: WriteStream
  #requests = 0

  /** Makes the file. */
  constructor(file: string) {
    this.#file = file
    this.#stream = createWriteStream(file)
  }

  /** A line: when, and what. */
  note(what: string): void {
    if (!this.#stream.writableEnded) this.#stream.write(`${new Date().toISOString()} ${what}\n`)
  }

  /** Returns the number of the request. `names` are those of its messages. */
  request(who: string, conduct: string, names: readonly string[]): number {
    this.#requests++
    this.note(`#${this.#requests} ${who} ${conduct} ${names.join(' ')}`)
    return this.#requests
  }

  outcome(request: number, outcome: Outcome): void {
    this.note(`#${request} ${outcome}`)
  }

  async close(): Promise<void> {
    this.#stream.end()
    await once(this.#stream, 'close')
  }

  /** By the names of messages: the lines of all requests they were in, other messages left out. */
  async find(names: readonly string[]): Promise<Map<string, string[]>> {
    const found = new Map(names.map(name => [name, [] as string[]]))
    if (names.length === 0) return found
    await new Promise(written => this.#stream.write('', written))
    /** By request: which of the messages were in it. */
    const requests = new Map<string, string[]>()
    for await (const line of createInterface({ input: createReadStream(this.#file) })) {
      const [at, request = '', who, conduct, ...messages] = line.split(' ')
      const wanted = messages.filter(name => found.has(name))
      for (const name of requests.get(request) ?? []) found.get(name)?.push(line)
      for (const name of wanted)
        found.get(name)?.push(`${at} ${request} ${who} ${conduct}, ${messages.length} messages`)
      if (wanted.length > 0) requests.set(request, wanted)
    }
    return found
  }
}
