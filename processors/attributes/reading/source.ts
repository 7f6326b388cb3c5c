// The text of one file, in which mistakes are found by their offsets and told by lines and columns. Only a mistake asks
// for a place, so the lines are not counted before.

import type { Place } from '../../service/config/problem.ts'

/** A mistake in a text, by the offset where it is (in UTF-16 units); `path` is empty where the text cannot be read. */
export interface Mistake {
  readonly at: number
  readonly path: string
  readonly sentence: string
  /** Where the same was written before. */
  readonly firstAt?: number
}

export type Report = (mistake: Mistake) => void

export class Source {
  /** Its name for people. */
  readonly file: string
  readonly text: string
  #lineStarts: number[] | null = null

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
  }

  /** Line and column, both from 1, of an offset. */
  place(at: number): Place {
    const starts = this.#starts()
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((starts[middle] ?? 0) <= at) low = middle
      else high = middle
    }
    return { file: this.file, line: low + 1, column: at - (starts[low] ?? 0) + 1 }
  }

  #starts(): number[] {
    if (this.#lineStarts !== null) return this.#lineStarts
    const starts = [0]
    for (let feed = this.text.indexOf('\n'); feed !== -1; feed = this.text.indexOf('\n', feed + 1))
      starts.push(feed + 1)
    this.#lineStarts = starts
    return starts
  }
}
