// Tells from the bodies a receiver got, in their order, what was lost, repeated or out of order. The benchmark's
// messages are numbered over the whole topic, so that the numbers of one device rise.

export interface Arrivals {
  readonly distinct: number
  readonly duplicates: number
  /** First arrivals of a device after a later one of the same device. */
  readonly outOfOrder: number
}

const message = /"ident":"([^"]+)".*?"custom\.seq":(\d+)/g

export function judgeArrivals(bodies: readonly Buffer[]): Arrivals {
  const seen = new Set<number>()
  const highest = new Map<string, number>()
  let duplicates = 0
  let outOfOrder = 0
  for (const body of bodies) {
    for (const [, ident = '', digits] of body.toString('latin1').matchAll(message)) {
      const seq = Number(digits)
      if (seen.has(seq)) {
        duplicates++
        continue
      }
      seen.add(seq)
      if (seq < (highest.get(ident) ?? -1)) outOfOrder++
      else highest.set(ident, seq)
    }
  }
  return { distinct: seen.size, duplicates, outOfOrder }
}
