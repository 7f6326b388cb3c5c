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

For completion in an editor, begin the file with \`# yaml-language-server: $schema=<path of tailrace.schema.json>\`.`

/** The page; `schema` is the composed one of the whole configuration. */
export function configurationPage(schema: Schema): string {
  return page(['# Configuration', introduction, ...sections('', schema)])
}

/** The section of a mapping, then those of the mappings in it. */
function sections(path: string, schema: Schema): string[] {
  const keys = Object.entries(schema.properties ?? {})
  const rows = keys.map(([key, field]) => [
    code(key),
    expected(field),
    defaultOf(key, field, schema),
    about(field)
  ])
  const head = path === '' ? [] : [`## ${code(path)}`, about(schema)]
  const own = schema['x-kinds'] === undefined ? [table(['Key', 'Must be', 'Default', 'Meaning'], rows)] : []
  const inner = keys.flatMap(([key, field]) => inside(path === '' ? key : `${path}.${key}`, field))
  return schema['x-kinds'] === undefined && keys.length > 0 ? [...head, ...own, ...inner] : inner
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
  return typeof field.default === 'object' ? '' : code(String(field.default))
}

function about(field: Schema): string {
  const secret = field.writeOnly === true || field.items?.writeOnly === true ? ' Secret.' : ''
  // Outside of code, Markdown takes <name> for HTML.
  return `${field.description ?? ''}${secret}`.replaceAll('<', '&lt;')
}
