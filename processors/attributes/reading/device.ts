// Makes of what is written for one device what is kept of it: its attributes, by the time from which they count. Nothing
// in them has the prototype of JavaScript's objects, so that a name such as `constructor` is there only if it is written.

import { parseTime } from '../../../schemas/time.ts'
import type { Json } from '../../expression/values.ts'
import { pathTo } from '../../service/config/problem.ts'
import type { Entry, Node } from './node.ts'
import type { Report } from './source.ts'

export type Values = Readonly<Record<string, Json>>

/** The attributes of a device from a time on, and those of before. */
export interface Period {
  /** Unix ms; negative infinity where they have always counted. */
  readonly fromMs: number
  readonly values: Values
  readonly earlier: Period | null
}

/** By ident. */
export type Devices = Map<string, Period>

const validFrom = 'validFrom'

/** Above it a number of seconds is nearer the year 5138 than a device: milliseconds, most likely. */
const maxSeconds = 99_999_999_999

const time = 'an ISO 8601 time with zone such as 2026-01-31T08:00:00Z, or Unix seconds'
const sentences = {
  noDevice: 'must be a mapping of attributes ("plate: CB 1234 AB" lines), or a list of such with validFrom',
  noPeriods: 'is an empty list: write {} for a device without attributes',
  noPeriod: 'must be a mapping of attributes with validFrom',
  noTime: `is missing: it must be ${time}`,
  sameTime: 'is the time of two entries',
  twice: 'is written twice',
  noName: 'is an attribute without a name'
}

/** Has nothing, and inherits nothing. Objects that inherit from it are as small and fast as others; those of null are not. */
const nothing: object = Object.freeze(Object.create(null))

/** The device that `node` describes; of no use if a mistake was reported. `path` names it. */
export function deviceOf(node: Node, path: string, report: Report): Period | null {
  return new DeviceReader(report).device(node, path)
}

/** What a mapping comes to before periods are put in order. */
interface Written {
  readonly values: Values
  readonly fromMs: number | null
  readonly fromAt: number
  readonly path: string
}

class DeviceReader {
  readonly #report: Report

  constructor(report: Report) {
    this.#report = report
  }

  device(node: Node, path: string): Period | null {
    if (node.kind === 'mapping') {
      const { values, fromMs } = this.#period(node.entries, path)
      return { fromMs: fromMs ?? Number.NEGATIVE_INFINITY, values, earlier: null }
    }
    if (node.kind === 'list' && node.items.length > 0) return this.#periods(node.items, path)
    return this.#refuse(node, path, node.kind === 'list' ? sentences.noPeriods : sentences.noDevice)
  }

  #periods(items: readonly Node[], path: string): Period | null {
    const written = items.flatMap((item, index) => this.#item(item, pathTo(path, index)))
    written.sort((a, b) => (a.fromMs ?? 0) - (b.fromMs ?? 0))
    let period: Period | null = null
    for (const { fromMs, values } of written) period = { fromMs: fromMs ?? 0, values, earlier: period }
    this.#checkTimes(written)
    return period
  }

  #item(item: Node, path: string): Written[] {
    if (item.kind !== 'mapping') {
      this.#refuse(item, path, sentences.noPeriod)
      return []
    }
    const period = this.#period(item.entries, path)
    if (item.entries.some(({ name }) => name === validFrom)) return period.fromMs === null ? [] : [period]
    this.#report({ at: item.at, path: pathTo(path, validFrom), sentence: sentences.noTime })
    return []
  }

  /** `sorted` by their times, those of the same time as they are written. */
  #checkTimes(sorted: readonly Written[]): void {
    for (const [index, { fromMs, fromAt, path }] of sorted.entries()) {
      const before = sorted[index - 1]
      if (before === undefined || before.fromMs !== fromMs) continue
      this.#report({ at: fromAt, path, sentence: sentences.sameTime, firstAt: before.fromAt })
    }
  }

  #period(entries: readonly Entry[], path: string): Written {
    const values = this.#values(entries, path, validFrom)
    const named = entries.find(({ name }) => name === validFrom)
    if (named === undefined) return { values, fromMs: null, fromAt: 0, path }
    const timePath = pathTo(path, validFrom)
    return { values, fromMs: this.#time(named.value, timePath), fromAt: named.at, path: timePath }
  }

  /** The entries as one frozen object, without that of the name `except`. */
  #values(entries: readonly Entry[], path: string, except?: string): Values {
    const values: Record<string, Json> = Object.create(nothing)
    const seen = new Map<string, number>()
    for (const { name, at, value } of entries) {
      const firstAt = seen.get(name)
      if (firstAt !== undefined)
        this.#report({ at, path: pathTo(path, name), sentence: sentences.twice, firstAt })
      else seen.set(name, at)
      if (name === '' && except !== undefined)
        this.#report({ at, path: pathTo(path, name), sentence: sentences.noName })
      if (name !== except) values[name] = this.#value(value, path, name)
    }
    return Object.freeze(values)
  }

  #value(node: Node, holder: string, name: string | number): Json {
    if (node.kind === 'scalar') return node.value
    const path = pathTo(holder, name)
    if (node.kind === 'mapping') return this.#values(node.entries, path)
    if (node.kind === 'list')
      return Object.freeze(node.items.map((item, index) => this.#value(item, path, index)))
    return this.#refuse(node, path, node.sentence)
  }

  /** Unix ms; null after a mistake. */
  #time(node: Node, path: string): number | null {
    const value = node.kind === 'scalar' ? node.value : undefined
    if (typeof value === 'number' && value >= 0 && value <= maxSeconds) return Math.round(value * 1000)
    const timeMs = typeof value === 'string' ? parseTime(value) : null
    if (timeMs !== null) return timeMs
    const isMillis = typeof value === 'number' && value > maxSeconds
    const isQuoted = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value)
    const hint = isMillis ? '; are these milliseconds?' : isQuoted ? ': leave out the quotes' : ''
    return this.#refuse(node, path, `must be ${time}${hint}`)
  }

  /** Reports what is wrong: what the reader of the text found, or else `sentence`. */
  #refuse(node: Node, path: string, sentence: string): null {
    this.#report({ at: node.at, path, sentence: node.kind === 'broken' ? node.sentence : sentence })
    return null
  }
}
