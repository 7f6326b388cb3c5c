// What a device reports, as both Wialon protocols can say it: the neutral form between a message and the bytes of
// Retranslator or IPS. from-message.ts and to-message.ts lead to it and back, by the rules of rules.ts.

/** Parts that are not known are null. */
export interface Position {
  readonly longitude: number | null
  readonly latitude: number | null
  readonly altitudeM: number | null
  readonly speedKmh: number | null
  /** Degrees. */
  readonly course: number | null
  readonly satellites: number | null
}

/** What a platform shows under its own name; `long` is an integer that takes more than 32 bits, up to 64. */
export type Parameter =
  | { readonly name: string; readonly kind: 'text'; readonly value: string }
  | { readonly name: string; readonly kind: 'integer'; readonly value: number }
  | { readonly name: string; readonly kind: 'double'; readonly value: number }
  | { readonly name: string; readonly kind: 'long'; readonly value: bigint }

export interface Report {
  /** What Wialon calls the unique id of a unit; never empty. */
  readonly unit: string
  /** Unix seconds, with their fraction where the protocol has one. */
  readonly timeSeconds: number
  readonly position: Position | null
  /** Bits of the digital inputs, 0 to 2^32 - 1. */
  readonly inputs: number | null
  /** Bits of the digital outputs, 0 to 2^32 - 1. */
  readonly outputs: number | null
  readonly driver: string | null
  readonly alarm: boolean
  readonly parameters: readonly Parameter[]
}

/** Why a field of a message, or a part of it, stands nowhere in its report. */
export type Loss =
  | 'no type for it'
  | 'no name'
  | 'a name of the protocol'
  | 'a name twice'
  | 'too many'
  | 'a name cut short'
  | 'a text cut at a zero character'
  | 'a text cut short'
  | 'characters replaced in a text'
  | 'digits beyond 64 bits'

/** Why there is no report of a message. */
export interface Refusal {
  readonly reason: string
}

export const maxInt32 = 2 ** 31 - 1
export const minInt32 = -(2 ** 31)

/** As a field of integers takes it: rounded, and brought into 0 to `max`. */
export function wholeUpTo(value: number, max: number): number {
  return Math.min(Math.max(Math.round(value), 0), max)
}

/** Whole degrees from 0 to 359. */
export function wholeCourse(degrees: number): number {
  return ((Math.round(degrees) % 360) + 360) % 360
}
