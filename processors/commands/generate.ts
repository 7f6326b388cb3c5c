// Writes everything in schemas/generated/, and the parts of the Helm chart that follow from the definitions: `npm run generate`.
// With --check it writes nothing and fails when a file is stale, naming it. A script of the repository, no command of tailrace.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { registry, schemaOf } from '../../connectors/registry.ts'
import { plainSchema } from '../../schemas/json-schema.ts'
import { messageSchema } from '../../schemas/message.ts'
import { policyTestSchema } from '../../schemas/policy-test.ts'
import { configurationPage } from '../../schemas/render/configuration-page.ts'
import { editorSchema } from '../../schemas/render/editor-schema.ts'
import { expressionsPage } from '../../schemas/render/expressions-page.ts'
import { valuesSchema } from '../../schemas/render/helm/values.ts'
import { errorsPage, eventsPage, messagePage, metricsPage } from '../../schemas/render/list-pages.ts'
import { stepsPage } from '../../schemas/render/steps-page.ts'
import { functionGroups } from '../expression/functions/functions.ts'
import { stepDefinitions, stepSchemas } from '../steps/registry.ts'
import { packageRoot } from './package-root.ts'

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    dir: { type: 'string', default: packageRoot('schemas/generated') },
    chart: { type: 'string', default: packageRoot('helm/tailrace') }
  }
})

const configuration = plainSchema(schemaOf(registry, stepSchemas))
const files: Readonly<Record<string, string>> = {
  'configuration.md': configurationPage(configuration),
  'errors.md': errorsPage(),
  'events.md': eventsPage(),
  'expressions.md': expressionsPage(functionGroups),
  'message.md': messagePage(plainSchema(messageSchema)),
  'metrics.md': metricsPage(),
  'policy-test.schema.json': `${JSON.stringify(editorSchema(plainSchema(policyTestSchema)), null, 2)}\n`,
  'steps.md': stepsPage(stepDefinitions),
  'tailrace.schema.json': `${JSON.stringify(editorSchema(configuration), null, 2)}\n`
}
const chartFiles: Readonly<Record<string, string>> = {
  'values.schema.json': `${JSON.stringify(valuesSchema(configuration), null, 1)}\n`
}

const all = [...inFolder(values.dir, files), ...inFolder(values.chart, chartFiles)]
if (values.check) check(all)
else write(all)

interface Written {
  readonly path: string
  readonly text: string
}

function inFolder(folder: string, texts: Readonly<Record<string, string>>): Written[] {
  return Object.entries(texts).map(([name, text]) => ({ path: join(folder, name), text }))
}

function write(list: readonly Written[]): void {
  for (const { path, text } of list) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

function check(list: readonly Written[]): void {
  const stale = list.filter(({ path, text }) => contentOf(path) !== text)
  if (stale.length === 0) return
  for (const { path } of stale) process.stderr.write(`stale: ${path}\n`)
  process.stderr.write('Run "npm run generate" and commit the result.\n')
  process.exitCode = 1
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // Missing is stale too.
  }
}
