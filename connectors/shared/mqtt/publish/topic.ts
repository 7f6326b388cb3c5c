// Topics with fields of messages in them. A value can neither leave its level nor become a wildcard.

import { FaultError } from '../../../../schemas/errors.ts'
import { type Fields, unfitFor } from '../../fields.ts'
import { parseTemplate, renderTemplate, type Template } from '../../template.ts'

/** MQTT 5, 1.5.4: a text has a length of two bytes. */
const maxTopicBytes = 65_535

export class Topic {
  readonly #text: string
  readonly #template: Template

  /** Throws a FaultError `config_invalid` for what is no topic. */
  constructor(text: string) {
    this.#text = text
    this.#template = parseTemplate(text)
    const { names, texts } = this.#template
    const wrong = (detail: string) => new FaultError('config_invalid', { path: 'topic', detail })
    const foreign = names.find(name => name.startsWith('@'))
    if (foreign !== undefined) throw wrong(`must name fields of messages, which {${foreign}} is not`)
    if (texts.some(part => /[{}]/.test(part)))
      throw wrong('must have braces only around names of fields, as in {ident}')
    if (texts.some(part => /[#+\0]/.test(part))) throw wrong('must have no #, + or zero character')
    if (Buffer.byteLength(text) > maxTopicBytes) throw wrong(`must have at most ${maxTopicBytes} bytes`)
  }

  /** Do messages have topics of their own? */
  get isTemplate(): boolean {
    return this.#template.names.length > 0
  }

  /** The topic of a message with these fields. Throws a FaultError `mqtt_message_unfit` when its fields give none. */
  of(fields: Fields): string {
    if (!this.isTemplate) return this.#text
    const unfit = (detail: string) => new FaultError('mqtt_message_unfit', { detail })
    const topic = renderTemplate(this.#template, name => {
      const problem = unfitFor(name, fields)
      if (problem !== null) throw unfit(problem)
      const text = String(fields.get(name))
      const [odd] = /[/+#\0]/.exec(text) ?? []
      if (odd !== undefined)
        throw unfit(`${name} holds ${JSON.stringify(odd)}, which has a meaning in topics`)
      return text
    })
    if (Buffer.byteLength(topic) > maxTopicBytes)
      throw unfit(`its topic has more than ${maxTopicBytes} bytes`)
    return topic
  }
}
