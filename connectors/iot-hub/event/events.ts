// What the hub is sent for a message: its body, the properties that the hub itself knows, and those of the application.
// Both ways of sending write them down in their own manner.

import { FaultError } from '../../../schemas/errors.ts'
import type { Failure, Message, TargetEnv } from '../../connector.ts'
import { Fields } from '../../shared/fields.ts'
import { itemTemplate, type Shape } from '../../shared/json/filled.ts'
import { detailOf } from '../../shared/tls.ts'
import type { IotHubTargetConfig } from '../target-config.ts'
import { Properties, type SystemProperties } from './properties.ts'
import { withoutMember } from './without.ts'

/** A device-to-cloud message. */
export interface DeviceEvent {
  readonly body: Buffer
  readonly system: SystemProperties
  /** Name and value of each. */
  readonly properties: readonly (readonly [name: string, value: string])[]
}

export class Events {
  readonly #shape: Shape
  readonly #properties: Properties
  readonly #maxBytes: number

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: IotHubTargetConfig, env: Pick<TargetEnv, 'replay'>) {
    this.#properties = new Properties(config, env)
    this.#maxBytes = config.maxMessageBytes
    this.#shape = shapeOf(config)
  }

  /** The event of a message, or the outcome of one of which none can be made. */
  of(message: Message): DeviceEvent | Failure {
    try {
      const fields = new Fields(message)
      const { system, properties } = this.#properties.of(message, fields)
      const event = { body: this.#shape(message, fields), system, properties }
      const bytes = sizeOf(event)
      if (bytes <= this.#maxBytes) return event
      return {
        kind: 'reject',
        code: 'iot_hub_too_large',
        detail: `${bytes} bytes, at most ${this.#maxBytes}`
      }
    } catch (error) {
      // Such as a value that is nested too deeply to be written.
      const detail = `nothing can be made of it: ${detailOf(error)}`
      return { kind: 'reject', code: 'iot_hub_message_unfit', detail }
    }
  }
}

/** As the hub counts it: the body, and the names and values of all properties. */
function sizeOf({ body, system, properties }: DeviceEvent): number {
  const texts = [...Object.values(system), ...properties.flat()]
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), body.length)
}

function shapeOf({ item, deviceKeyField }: IotHubTargetConfig): Shape {
  if (item !== undefined && deviceKeyField !== undefined) {
    const detail = 'must not stand beside deviceKeyField, which it might send'
    throw new FaultError('config_invalid', { path: 'item', detail })
  }
  if (item !== undefined) return itemTemplate(item)
  if (deviceKeyField === undefined) return message => message.value()
  return message => withoutMember(message.value(), deviceKeyField)
}
