// Whose dead letters are meant: those of a stream or, with --channel, of a channel.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { channelIn, type StreamOption, streamIn, withKafka } from '../shared/stream.ts'

export interface OwnerOption extends StreamOption {
  /** The name is that of a channel. */
  readonly channel?: true
}

export const channelOption = [
  '--channel',
  'the name is that of a channel, whose sources could not read them'
] as const

/** Runs `act` on the topic of the dead letters. Throws `usage` when there is no stream or channel of this name. */
export async function withLetters(
  name: string,
  options: OwnerOption,
  act: (admin: LogAdmin, topic: string) => Promise<void>
): Promise<void> {
  await withKafka(options, async ({ whole, admin }) => {
    const { config, channel } = options
    const owner = channel
      ? channelIn(whole, name, { config, hint: 'leave out --channel for its dead letters' })
      : streamIn(whole, name, { config, hint: 'add --channel for its dead letters' })
    const { reachKafka } = await import('../shared/reach.ts')
    await reachKafka(whole)
    await act(admin, owner.deadLetters.topic)
  })
}
