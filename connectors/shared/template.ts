// Texts with placeholders: `{ident}` and `{position.speed}` stand for fields of a message; a name that begins with @ is of
// the connector. Other braces are text where braces have a meaning of their own, as in JSON, or the text may be a secret, as in
// headers of HTTP. Elsewhere they are a mistake: `{ident` would be the same text for every message.

import { FaultError } from '../../schemas/errors.ts'

const placeholder = /\{(@?[A-Za-z_][\w.-]*)\}/g

/** `texts[0] names[0] texts[1] ...` */
export interface Template {
  readonly texts: readonly string[]
  readonly names: readonly string[]
}

export function parseTemplate(text: string): Template {
  const parts = text.split(placeholder)
  return { texts: parts.filter((_, at) => at % 2 === 0), names: parts.filter((_, at) => at % 2 === 1) }
}

/**
 * A template in which fields of messages stand, and of the names that begin with @ only those that are `known`. `path` is that
 * of the setting. Throws a FaultError `config_invalid` for any other, and for braces around anything else.
 */
export function parseFieldTemplate(path: string, text: string, known: readonly '@id'[] = []): Template {
  const template = parseTemplate(text)
  const wrong = (detail: string) => new FaultError('config_invalid', { path, detail })
  const foreign = template.names.find(name => name.startsWith('@') && !known.some(one => one === name))
  const allowed = ['fields of messages', ...known.map(name => `{${name}}`)].join(' or ')
  if (foreign !== undefined) throw wrong(`must name ${allowed}, which {${foreign}} is not`)
  if (template.texts.some(part => /[{}]/.test(part)))
    throw wrong('must have braces only around names of fields, as in {ident}')
  return template
}

/** The text with `textOf` in the place of each placeholder, which are counted from 0. */
export function renderTemplate(template: Template, textOf: (name: string, at: number) => string): string {
  const { texts, names } = template
  return names.reduce((text, name, at) => text + textOf(name, at) + texts[at + 1], texts[0] ?? '')
}
