// Who gets which partition: sticky, balanced, and partition n of all topics of a stream to one member. A pure
// function, computed by the member that leads the group. Topics that the same members subscribe to are dealt
// together; a roll-out may give a group members with differing topics, and then nobody gets what it did not ask for.

import type { TopicPartition } from '../../message.ts'

export interface Member {
  readonly id: string
  readonly topics: readonly string[]
  /** What it had in `generation`, the last generation of the group that it was part of. */
  readonly owned: readonly TopicPartition[]
  readonly generation: number
}

/** Topics with the same subscribers. Their partitions with one number are a unit, dealt to one member. */
interface Deal {
  readonly topics: string[]
  readonly members: readonly Member[]
}

/**
 * Deals all partitions of the subscribed topics (`counts` of them by topic), each to exactly one of its topic's
 * subscribers. The units of a deal are balanced within one, and as few of them move as that allows.
 */
export function share(
  members: readonly Member[],
  counts: ReadonlyMap<string, number>
): Map<string, TopicPartition[]> {
  const shares = new Map<string, TopicPartition[]>(members.map(member => [member.id, []]))
  for (const deal of dealsOf(members, counts)) {
    const units = Math.max(...deal.topics.map(topic => counts.get(topic) ?? 0))
    for (const [unit, id] of dealUnits(deal, units, shares).entries()) {
      const mine = deal.topics.filter(topic => unit < (counts.get(topic) ?? 0))
      shares.get(id)?.push(...mine.map(topic => ({ topic, partition: unit })))
    }
  }
  return shares
}

function dealsOf(members: readonly Member[], counts: ReadonlyMap<string, number>): Deal[] {
  const deals = new Map<string, Deal>()
  const sorted = members.toSorted((a, b) => compare(a.id, b.id))
  for (const topic of [...counts.keys()].toSorted(compare)) {
    const subscribers = sorted.filter(member => member.topics.includes(topic))
    if (subscribers.length === 0) continue
    const key = JSON.stringify(subscribers.map(member => member.id))
    const deal = deals.get(key) ?? { topics: [], members: subscribers }
    deal.topics.push(topic)
    deals.set(key, deal)
  }
  return [...deals.values()]
}

/** The member of each unit, by the unit's number. */
function dealUnits(deal: Deal, units: number, shares: ReadonlyMap<string, readonly unknown[]>): string[] {
  const owners = ownersOf(deal, units)
  const room = quotas(deal, owners, shares)
  const dealt = owners.map(owner => (owner !== undefined && take(room, owner) ? owner : undefined))
  const free = [...room].flatMap(([id, left]) => Array.from({ length: left }, () => id))
  // The quotas add up to the number of units, so there is a free place for each that has no owner.
  return dealt.map(owner => owner ?? (free.shift() as string))
}

/** Who has each unit now. Where two claim one, the claim of the younger generation is the true one. */
function ownersOf(deal: Deal, units: number): (string | undefined)[] {
  const owners: (string | undefined)[] = Array.from({ length: units }, () => undefined)
  for (const member of deal.members.toSorted((a, b) => b.generation - a.generation)) {
    for (const { topic, partition } of member.owned) {
      if (partition < units && deal.topics.includes(topic)) owners[partition] ??= member.id
    }
  }
  return owners
}

/** How many units each member gets: the odd ones go to those that have them already, then to those with least. */
function quotas(
  deal: Deal,
  owners: readonly (string | undefined)[],
  shares: ReadonlyMap<string, readonly unknown[]>
): Map<string, number> {
  const even = Math.floor(owners.length / deal.members.length)
  const odd = owners.length % deal.members.length
  const keepsOdd = (id: string) => (owners.filter(owner => owner === id).length > even ? 0 : 1)
  const load = (id: string) => shares.get(id)?.length ?? 0
  const order = deal.members
    .map(member => member.id)
    .toSorted((a, b) => keepsOdd(a) - keepsOdd(b) || load(a) - load(b))
  return new Map(order.map((id, index) => [id, even + (index < odd ? 1 : 0)]))
}

function take(room: Map<string, number>, id: string): boolean {
  const left = room.get(id) ?? 0
  if (left > 0) room.set(id, left - 1)
  return left > 0
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
