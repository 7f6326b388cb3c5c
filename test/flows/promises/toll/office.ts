// A toll system as the papers of such systems describe them, without a network: it checks every position of a request, says
// of each what became of it, and keeps books of all that it has ever seen, whatever it answered. What breaks the contract
// is a complaint: a field that is missing, a number that is left out or used twice, an order that is not kept.

import type { Random } from '../../../seeded.ts'

export interface OfficeOptions {
  /** Unix ms. */
  readonly now: () => number
  readonly random: Random
  /** What is older is refused. */
  readonly maxAgeMs: number
  /** Of all positions, those that are refused for a reason of the office's own. */
  readonly refusedShare: number
  /** Of all positions, those that are put off. */
  readonly busyShare: number
  /** A request may hold one position of a vehicle at most. */
  readonly isOnePerVehicle: boolean
  /** Positions carry `seq`, which counts from 1 for each vehicle. */
  readonly isNumbered: boolean
}

export interface OfficeAnswer {
  readonly status: number
  readonly body: string
}

type Position = Readonly<Record<string, unknown>>

/** What became of a position; null: nothing yet. */
type Fate = 'accepted' | 'refused' | null

interface Seen {
  readonly position: Position
  readonly text: string
  fate: Fate
  reason: string
}

/** What each position must have, and of which kind. */
const fields: Readonly<Record<string, 'string' | 'number'>> = {
  ...{ vehicle: 'string', plate: 'string', country: 'string', emissionClass: 'string' },
  ...{ axles: 'number', weightKg: 'number', latitude: 'number', longitude: 'number' },
  ...{ time: 'string', event: 'string' }
}

const reasons = ['not on the network', 'implausible', 'contract suspended']

/** What is said of one position. */
interface Result {
  readonly status: 'accepted' | 'duplicate' | 'refused' | 'busy'
  readonly reason?: string
}

export class TollOffice {
  readonly complaints: string[] = []
  requests = 0
  /** Positions in all requests, repeats among them. */
  arrivals = 0
  readonly #options: OfficeOptions
  /** By vehicle, in the order of their first arrival. */
  readonly #books = new Map<string, Map<string, Seen>>()

  constructor(options: OfficeOptions) {
    this.#options = options
  }

  /** What each vehicle has sent, in the order of its first arrival: all that is decided, with what became of it. */
  decided(): ReadonlyMap<string, readonly (Position & { readonly fate: Fate })[]> {
    return new Map(
      [...this.#books].map(([vehicle, book]) => [
        vehicle,
        [...book.values()].flatMap(({ position, fate }) => (fate === null ? [] : [{ ...position, fate }]))
      ])
    )
  }

  count(fate: Fate): number {
    return [...this.#books.values()].reduce(
      (sum, book) => sum + [...book.values()].filter(seen => seen.fate === fate).length,
      0
    )
  }

  /** Only reads a request that is answered with an error, or never: its numbers are used all the same. */
  note(body: Buffer): readonly Seen[] | null {
    this.requests++
    const positions = parsed(body)
    if (positions === null) return this.#complain('a body is no array of positions')
    this.arrivals += positions.length
    return positions.map(position => this.#seen(position))
  }

  take(body: Buffer): OfficeAnswer {
    const seen = this.note(body)
    if (seen === null) return { status: 400, body: 'no array of positions' }
    const vehicles = seen.map(({ position }) => position.vehicle)
    if (this.#options.isOnePerVehicle && new Set(vehicles).size < vehicles.length) {
      this.#complain('two positions of one vehicle in a request')
      return { status: 422, body: 'two positions of one vehicle' }
    }
    const putOff = new Set<unknown>()
    const results = seen.map(one => this.#decide(one, putOff))
    return { status: 200, body: JSON.stringify({ results }) }
  }

  #seen(position: Position): Seen {
    const vehicle = String(position.vehicle)
    const book = this.#books.get(vehicle) ?? new Map<string, Seen>()
    this.#books.set(vehicle, book)
    const text = JSON.stringify(position)
    const { isNumbered } = this.#options
    const key = isNumbered ? String(position.seq) : text
    const known = book.get(key)
    if (known?.text === text) return known
    if (known !== undefined) this.#complain(`${vehicle}: number ${key} is used twice`)
    else if (isNumbered && position.seq !== book.size + 1)
      this.#complain(`${vehicle}: number ${key} where ${book.size + 1} was due`)
    const wrong = Object.entries(fields).find(([name, kind]) => typeof position[name] !== kind)
    if (wrong !== undefined) this.#complain(`${vehicle}: ${wrong[0]} is no ${wrong[1]}`)
    const seen: Seen = { position, text, fate: null, reason: '' }
    book.set(key, seen)
    return seen
  }

  /** What is put off holds up what comes behind it of the same vehicle. */
  #decide(seen: Seen, putOff: Set<unknown>): Result {
    const { vehicle, time } = seen.position
    if (seen.fate === 'accepted') return { status: 'duplicate' }
    if (seen.fate === 'refused') return { status: 'refused', reason: seen.reason }
    const { busyShare, maxAgeMs, now, random, refusedShare } = this.#options
    if (putOff.has(vehicle) || random() < busyShare) {
      putOff.add(vehicle)
      return { status: 'busy' }
    }
    this.#checkOrder(seen)
    if (now() - Date.parse(String(time)) > maxAgeMs) return refuse(seen, 'too old')
    if (random() < refusedShare) return refuse(seen, reasons[Math.floor(random() * reasons.length)] ?? '')
    seen.fate = 'accepted'
    return { status: 'accepted' }
  }

  /** Everything that the vehicle has sent before is decided. */
  #checkOrder(seen: Seen): void {
    for (const earlier of this.#books.get(String(seen.position.vehicle))?.values() ?? []) {
      if (earlier === seen) return
      if (earlier.fate === null) this.#complain(`${seen.text} came before ${earlier.text} was decided`)
    }
  }

  #complain(sentence: string): null {
    if (this.complaints.length < 20) this.complaints.push(sentence)
    return null
  }
}

function refuse(seen: Seen, reason: string): Result {
  seen.fate = 'refused'
  seen.reason = reason
  return { status: 'refused', reason }
}

function parsed(body: Buffer): readonly Position[] | null {
  try {
    const positions: unknown = JSON.parse(body.toString())
    return Array.isArray(positions) ? positions : null
  } catch {
    return null
  }
}
