// Topics with fields of messages in them. A value can neither leave its level nor become a wildcard, nor move the message
// to the topics of the broker itself, which begin with $ (MQTT 5, 4.7.2).

import { FaultError } from '../../../../schemas/errors.ts'
import { type Fields, unfitFor } from '../../fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../template.ts'
import { problemOf } from './text.ts'

export class Topic {
  readonly #text: string
  readonly #template: Template

  /** Throws a FaultError `config_invalid` for what is no topic. */
  constructor(text: string) {
    this.#text = text
    this.#template = parseFieldTemplate('topic', text)
    const { texts } = this.#template
    const wrong = (detail: string) => new FaultError('config_invalid', { path: 'topic', detail })
    if (texts.some(part => /[#+]/.test(part))) throw wrong('must have no # or +')
    const problem = problemOf(text)
    if (problem !== null) throw wrong(problem)
  }

  /** Do messages have topics of their own? */
  get isTemplate(): boolean {
    return this.#template.names.length > 0
  }

  /** The topic of a message with these fields. Throws a FaultError `mqtt_message_unfit` when its fields give none. */
  of(fields: Fields): string {
    if (!this.isTemplate) return this.#text
    const topic = renderTemplate(this.#template, (name, at) => this.#valueOf(name, at, fields))
    const problem = problemOf(topic)
    if (problem !== null) throw unfit(`its topic ${problem}`)
    return topic
  }

  /** What stands in the place of a name, which are counted from 0. */
  #valueOf(name: string, at: number, fields: Fields): string {
    const problem = unfitFor(name, fields)
    if (problem !== null) throw unfit(problem)
    const text = String(fields.get(name))
    const [odd] = /[/+#]/.exec(text) ?? []
    if (odd !== undefined) throw unfit(`${name} holds "${odd}", which has a meaning in topics`)
    const isFirst = at === 0 && this.#template.texts[0] === ''
    if (isFirst && text.startsWith('$'))
      throw unfit(`${name} begins with $, as only topics of the broker itself do`)
    return text
  }
}

function unfit(detail: string): FaultError {
  return new FaultError('mqtt_message_unfit', { detail })
}
