// The chart as goldens are rendered from it: with rules and a dashboard of the tests in place of its own, which change for
// other reasons and are judged elsewhere.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { chart } from '../helm.ts'
import { renderSet } from './render.ts'

const fixtures = packageRoot('test/helm/chart/fixtures')

export interface ChartCopy {
  readonly path: string
  remove(): void
}

export function chartCopy(): ChartCopy {
  const path = join(mkdtempSync(join(tmpdir(), 'tailrace-chart-')), 'tailrace')
  cpSync(chart, path, { recursive: true, filter: from => !/\/(?:rules|dashboards)$/.test(from) })
  for (const part of ['rules', 'dashboards']) {
    mkdirSync(join(path, part))
    cpSync(join(fixtures, part), join(path, part), { recursive: true })
  }
  return { path, remove: () => rmSync(join(path, '..'), { recursive: true }) }
}

/** What is kept of a render: all that Helm prints. Throws what it said where it failed. */
export async function goldenOf(set: string, { path }: ChartCopy): Promise<string> {
  const { status, stdout, stderr } = await renderSet(set, path)
  if (status !== 0) throw new Error(`${set}: ${stderr}`)
  return stdout
}
