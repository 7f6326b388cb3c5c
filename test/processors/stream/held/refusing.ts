// A target that refuses devices until they are taken off its list.

import { delivered, type Outcome } from '../../../../connectors/connector.ts'
import { failure, ScriptedTarget, text } from '../rig.ts'

/** Refuses the devices that it is told to, message by message. */
export class Refusing extends ScriptedTarget {
  readonly refused = new Set<string>()

  constructor(...devices: string[]) {
    super()
    for (const device of devices) this.refused.add(device)
    this.script = async batch =>
      batch.messages.map((message): Outcome => {
        const isRefused = this.refused.has(text(message).split(':')[0] ?? '')
        return isRefused ? failure('reject', { scope: 'device' }) : delivered
      })
  }
}
