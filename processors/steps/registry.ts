// The one explicit list of steps. Adding one means a file of its own and a line here: the configuration, its schema, the
// reference page and the test of its examples follow.

import type { TSchema } from 'typebox'
import { dedupe } from './choose/dedupe.ts'
import { expire } from './choose/expire.ts'
import { filter } from './choose/filter.ts'
import { sample } from './choose/sample.ts'
import { enrich } from './enrich/enrich.ts'
import { fill } from './enrich/fill.ts'
import { geofence } from './enrich/geofence.ts'
import { drop } from './reshape/drop.ts'
import { map } from './reshape/map.ts'
import { rename } from './reshape/rename.ts'
import { select } from './reshape/select.ts'
import { template } from './reshape/template.ts'
import { units } from './reshape/units.ts'
import type { StepDefinition } from './step.ts'

/** In the order of the page. */
export const stepDefinitions: readonly StepDefinition[] = [
  ...[filter, sample, dedupe, expire],
  ...[select, drop, rename, map, template, units],
  ...[enrich, fill, geofence]
]

export function stepOf(kind: string): StepDefinition | undefined {
  return stepDefinitions.find(definition => definition.kind === kind)
}

/** The schemas of the steps by kind, for that of the configuration. */
export const stepSchemas: Readonly<Record<string, TSchema>> = Object.fromEntries(
  stepDefinitions.map(({ kind, summary, config }) => [kind, { ...config, description: summary }])
)
