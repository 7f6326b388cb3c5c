// The two ends of the benchmark's child processes: each loads one module, is asked by messages, and answers them.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A child process that answers one question at a time. */
export class Child {
  readonly #process: ChildProcess

  /** `script` is the URL of a module that calls answer(). */
  constructor(script: URL, args: readonly string[] = []) {
    this.#process = fork(script, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** Rejects when the child ends instead of answering. */
  async ask<A>(question: unknown): Promise<A> {
    this.#process.send(question as object) // structured as the child expects it
    const ended = new AbortController()
    const answered = once(this.#process, 'message', { signal: ended.signal })
    const died = once(this.#process, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`a child of the benchmark ended with code ${code}`)
    })
    try {
      const [answer] = await Promise.race([answered, died])
      return answer
    } finally {
      ended.abort()
      await Promise.allSettled([answered, died])
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }
}

/** In the child: answers every question with what `reply` resolves with, and ends when the parent lets go. */
export function answer<Q>(reply: (question: Q) => Promise<unknown>, close: () => Promise<void>): void {
  process.on('message', question => {
    void reply(question as Q).then(result => process.send?.(result)) // the parent sends nothing else
  })
  process.once('disconnect', () => void close().then(() => process.exit()))
}
