// The partitions of a stream, from when they are dealt until they are handed back: their opening, and the membership in the
// group that deals them.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import type { StreamContext } from '../context.ts'
import type { StreamOptions } from '../options.ts'
import type { Sequences } from '../sequence/sequences.ts'
import type { Steps } from '../steps/steps.ts'
import { Membership, type MembershipPort } from './membership.ts'
import { Openings } from './openings.ts'

export interface AssignmentPort extends Omit<MembershipPort, 'openings' | 'isPaused'> {
  readonly options: StreamOptions
  /** What its group reads: its channels, and who waits. */
  readonly topics: readonly string[]
  readonly admin: LogAdmin
  readonly steps: Steps
  /** Null: messages get no numbers. */
  readonly sequences: Sequences | null
}

export class Assignment {
  readonly membership: Membership
  readonly #openings: Openings

  constructor(context: StreamContext, { options, topics, admin, steps, sequences, ...port }: AssignmentPort) {
    const { group, birthMs, deadLetters, held } = options
    this.#openings = new Openings(
      context,
      {
        ...{ group, topics, deadLetters: deadLetters.name, held: held.topic, admin },
        ...{ health: port.health, signal: port.signal },
        commit: entries => port.consumer.commit(entries),
        prepare: async (partition, position) => {
          await port.held.prepare(partition, position)
          await steps.prepare(partition, position)
          await sequences?.prepare(partition, position)
          await port.settlement.receipts?.prepare(partition, position)
        },
        opened: (partition, next) => this.membership.opened(partition, next)
      },
      birthMs
    )
    this.membership = new Membership(context, {
      ...port,
      openings: this.#openings,
      isPaused: options.paused
    })
  }

  /** The smallest birth known: what this member tells the others when it joins. Unix ms. */
  get birthMs(): number {
    return this.#openings.birthMs
  }
}
