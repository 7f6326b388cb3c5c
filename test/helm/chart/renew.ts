// Renders the goldens anew, after a change of the chart: `npm run golden`. Look at what git shows of them before you commit it.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { chartCopy, goldenOf } from './goldens.ts'
import { goldenPath, valueSets } from './render.ts'

const copy = chartCopy()
try {
  rmSync(dirname(goldenPath('')), { recursive: true, force: true })
  mkdirSync(dirname(goldenPath('')))
  for (const set of valueSets) writeFileSync(goldenPath(set), await goldenOf(set, copy))
} finally {
  copy.remove()
}
