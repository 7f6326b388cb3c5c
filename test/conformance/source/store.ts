// Kafka as a source sees it: an append that stores, waits or fails to order, and notes what was asked of it. What must
// hold of every message is looked at here: its key is its ident, its value a JSON object.

import type { Append, Incoming } from '../../../connectors/connector.ts'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { tick } from '../../flows/harness/until.ts'

/** A round trip to Kafka: long enough for a source that does not wait for it to be caught. */
const storeMs = 2

export interface Stored {
  readonly channel: string
  readonly id: string
  readonly key: Buffer
  readonly value: Buffer
}

/** What a source sets aside, as far as it matters here. */
interface Broken {
  readonly bytes: Buffer
  readonly detail: string
  readonly from: string
}

export class Store {
  readonly #identify: (value: Buffer) => string
  #fault: ErrorCode | null = null
  /** Resolves when what is held may go on. */
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => {}
  /** In the order in which they were appended. */
  readonly stored: Stored[] = []
  readonly ids = new Set<string>()
  /** What a source did that it must not. */
  readonly problems: string[] = []
  /** What was set aside: what people read of it. */
  readonly aside: string[] = []
  /** Calls that have failed. */
  failures = 0
  /** Messages, and their bytes, of calls that have not ended. */
  pendingMessages = 0
  pendingBytes = 0
  mostPendingBytes = 0

  constructor(identify: (value: Buffer) => string) {
    this.#identify = identify
  }

  /** From now on nothing ends until release(). */
  hold(): void {
    this.#gate = new Promise(resolve => {
      this.#open = resolve
    })
  }

  release(): void {
    this.#open()
  }

  /** What is asked from now on fails with this, until recover(). */
  fail(code: ErrorCode): void {
    this.#fault = code
  }

  recover(): void {
    this.#fault = null
  }

  /** The `append` of a channel. */
  appendTo(channel: string): Append {
    return async messages => {
      const entries = messages.map(message => this.#check(channel, message))
      await this.#write(messages.map(({ value }) => value))
      this.stored.push(...entries)
      for (const { id } of entries) this.ids.add(id)
    }
  }

  /** The `setAside` of a channel. */
  setAside(): (broken: readonly Broken[]) => Promise<void> {
    return async broken => {
      await this.#write(broken.map(({ bytes }) => bytes))
      this.aside.push(...broken.map(({ detail, from }) => `${detail} from ${from}`))
    }
  }

  /** The ids of a channel, or of all, in order. */
  idsOf(channel?: string): string[] {
    return this.stored.filter(entry => channel === undefined || entry.channel === channel).map(({ id }) => id)
  }

  /** The ids in order of their first arrival. */
  firsts(): string[] {
    return [...this.ids]
  }

  /** The round trip to Kafka, as it is ordered. */
  async #write(values: readonly Buffer[]): Promise<void> {
    const bytes = values.reduce((sum, value) => sum + value.length, 0)
    const fault = this.#fault
    this.#pend(values.length, bytes)
    try {
      await this.#gate
      await tick(storeMs)
      if (fault !== null) throw new FaultError(fault)
    } catch (error) {
      this.failures++
      throw error
    } finally {
      this.#pend(-values.length, -bytes)
    }
  }

  #pend(messages: number, bytes: number): void {
    this.pendingMessages += messages
    this.pendingBytes += bytes
    this.mostPendingBytes = Math.max(this.mostPendingBytes, this.pendingBytes)
  }

  #check(channel: string, { key, value }: Incoming): Stored {
    const id = this.#identified(value)
    if (key.length === 0 || this.#identOf(value) !== key.toString())
      this.problems.push(`the key ${key} is not the ident of ${value}`)
    return { channel, id, key, value }
  }

  #identOf(value: Buffer): unknown {
    try {
      const parsed: unknown = JSON.parse(value.toString())
      return typeof parsed === 'object' && parsed !== null && 'ident' in parsed ? parsed.ident : undefined
    } catch {
      return undefined
    }
  }

  #identified(value: Buffer): string {
    try {
      return this.#identify(value)
    } catch (error) {
      this.problems.push(`${value} was appended: ${error}`)
      return 'unknown'
    }
  }
}
