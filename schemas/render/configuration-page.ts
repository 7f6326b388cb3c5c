// The reference page of the configuration: one section for each mapping, one row for each key, in the order in which
// the schema defines them.

import type { Schema } from '../json-schema.ts'
import { expected } from './expected.ts'
import { code, page, table } from './markdown.ts'

const introduction = `A configuration is one YAML file, or a folder whose \`.yaml\` and \`.yml\` files are taken together. Unknown keys are
mistakes. \`tailrace check\` tells every mistake with its place; \`tailrace init\` writes a file to start from.

In any text, \`\${env:NAME}\` stands for an environment variable and \`\${file:path}\` for the content of a file (relative
to the configuration file, without the newline at its end); \`$\${\` is a plain \`\${\`. Inside of \`[]\` and \`{}\` put them in
quotes.

Secrets are masked (\`***\`) in logs, in /status and in what commands print, also where a receiver repeats them: whatever a
reference stands for (but addresses of brokers, names of topics and the like), and the fields marked as secret, however
short, so a secret of one letter makes every line hard to read. Of what may be a secret or not, namely headers and the query of
a URL that are written out, only texts of six characters and more are masked: let a shorter secret be a reference.

Steps, with their settings and examples, are on [steps.md](steps.md); the functions of expressions are on
[expressions.md](expressions.md).

For completion in an editor, begin the file with \`# yaml-language-server: $schema=<path of tailrace.schema.json>\`.`

/** The page; `schema` is the composed one of the whole configuration. */
export function configurationPage(schema: Schema): string {
  return page(['# Configuration', introduction, ...sections('', schema)])
}

/** The section of a mapping, then those of the mappings in it. */
function sections(path: string, schema: Schema): string[] {
  const keys = Object.entries(schema.properties ?? {})
  const head = path === '' ? [] : [`## ${code(path)}`, about(schema)]
  const own = schema['x-kinds'] === undefined ? [keysTable(keyRows(schema))] : []
  const inner = keys.flatMap(([key, field]) => inside(path === '' ? key : `${path}.${key}`, field))
  return schema['x-kinds'] === undefined && keys.length > 0 ? [...head, ...own, ...inner] : inner
}

/** A row for each key of a mapping; `prefix` is put in front of the keys. */
export function keyRows(schema: Schema, prefix = ''): string[][] {
  return Object.entries(schema.properties ?? {}).map(([key, field]) => [
    code(prefix + key),
    expected(field),
    defaultOf(key, field, schema),
    about(field)
  ])
}

export function keysTable(rows: readonly (readonly string[])[]): string {
  return table(['Key', 'Must be', 'Default', 'Meaning'], rows)
}

/** The sections of what a field holds: its own keys, the entries of a list, the values by name. */
function inside(path: string, field: Schema): string[] {
  if (field.properties !== undefined) return sections(path, field)
  if (field.items !== undefined) return inside(`${path}[]`, field.items)
  const [value] = Object.values(field.patternProperties ?? {})
  return value === undefined ? [] : inside(`${path}.<name>`, value)
}

function defaultOf(key: string, field: Schema, parent: Schema): string {
  if (field.default === undefined) return parent.required?.includes(key) ? 'required' : ''
  if (Array.isArray(field.default))
    return field.default.length === 0 ? '' : code(JSON.stringify(field.default))
  if (typeof field.default === 'object') return ''
  return field.default === '' ? 'nothing' : code(String(field.default))
}

/** What a field means. */
export function about(field: Schema): string {
  const secret = field.writeOnly === true || field.items?.writeOnly === true ? ' Secret.' : ''
  // Outside of code, Markdown takes <name> for HTML.
  return `${field.description ?? ''}${secret}`.replaceAll('<', '&lt;')
}
