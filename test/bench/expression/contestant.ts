// One candidate in a process of its own, so that what the others do to compiled code does not touch it. It waits while
// the others have their rounds.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Order, Shapes } from './process.ts'

export class Contestant {
  readonly name: string
  /** Operations per second of processor time, one for each round. */
  readonly rates: number[] = []
  readonly hits = new Set<number>()
  readonly #child: ChildProcess

  constructor(name: string) {
    this.name = name
    this.#child = fork(fileURLToPath(new URL('./process.js', import.meta.url)))
  }

  async begin(shapes: Shapes, warmUpMs: number): Promise<void> {
    await this.#ask({ kind: 'begin', candidate: this.name, shapes })
    await this.#ask({ kind: 'round', forMs: warmUpMs })
  }

  async round(forMs: number): Promise<void> {
    const answer = await this.#ask({ kind: 'round', forMs })
    if (answer.kind !== 'round') return
    this.rates.push(answer.operationsPerSecond)
    this.hits.add(answer.hits)
  }

  async verdicts(): Promise<string> {
    const answer = await this.#ask({ kind: 'verdicts' })
    return answer.kind === 'verdicts' ? answer.verdicts : ''
  }

  get median(): number {
    return this.rates.toSorted((a, b) => a - b)[this.rates.length >> 1] ?? 0
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #ask(order: Order): Promise<Answer> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`${this.name} ended with ${code}`))
      child.once('exit', ended)
      // What process.ts sends.
      child.once('message', (answer: Answer) => {
        child.off('exit', ended)
        if (answer.kind === 'failed') reject(new Error(`${this.name}: ${answer.detail}`))
        else resolve(answer)
      })
      child.send(order)
    })
  }
}
