// A target of which some destinations, or the only one, let every attempt wait, and then nobody knows what became of it.

import type { Message } from '../../../../connectors/connector.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { failure, type Rig, ScriptedTarget } from '../rig.ts'

export class Silent extends ScriptedTarget {
  readonly silent = new Set<string>()
  /** How long an attempt lasts there. */
  hangMs = 1_000
  code: ErrorCode = 'iot_hub_answer_timeout'
  readonly destination?: (message: Message) => string

  /** `destinationOf` says where the messages of a device go; null: there is only one destination, whose name is empty. */
  constructor(rig: Rig, destinationOf: ((device: string) => string) | null) {
    super()
    if (destinationOf !== null) this.destination = message => destinationOf(message.key() ?? '')
    this.script = async ({ destination }) => {
      if (!this.silent.has(destination)) return undefined
      await new Promise<void>(resolve => rig.clock.after(this.hangMs, resolve))
      return failure('unknown', { code: this.code })
    }
  }
}
