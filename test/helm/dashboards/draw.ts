// Draws the dashboards to pictures, to be looked at: `node dist/test/helm/dashboards/draw.js --out DIR [--seconds 60]`, with
// TAILRACE_TEST_KAFKA=host:port. The scene of the tests runs for that long, and its data are drawn as Grafana would lay them out;
// Debian's chromium makes the PNG.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dashboards } from '../../../schemas/render/dashboards/dashboards.ts'
import { testBrokers } from '../../kafka.ts'
import { pageOf, pageWidth } from './draw/page.ts'
import { all, type Picked } from './panels.ts'
import { startScene } from './scene.ts'

const { values } = parseArgs({
  options: { out: { type: 'string', default: '.' }, seconds: { type: 'string', default: '60' } }
})
const seconds = Number(values.seconds)

/** The stream that is shown in depth: one that has something of everything. */
const picked: Readonly<Record<string, Picked>> = { stream: { stream: 'picky', channel: '.*' } }

const scene = await startScene(testBrokers())
try {
  await scene.scraped(seconds)
  await mkdir(values.out, { recursive: true })
  const pages = await Promise.all(
    Object.entries(dashboards).map(async ([name, dashboard]) => {
      const asked = { prometheus: scene.prometheus, picked: picked[name] ?? all, seconds }
      return { path: resolve(join(values.out, name)), ...(await pageOf(dashboard, asked)) }
    })
  )
  for (const { path, html, height } of pages) {
    await writeFile(`${path}.html`, html)
    photograph(path, height)
    process.stdout.write(`${path}.png\n`)
  }
} finally {
  await scene.stop()
}

function photograph(path: string, height: number): void {
  const profile = mkdtempSync(join(tmpdir(), 'tailrace-chromium-'))
  const { status, stderr } = spawnSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox', // it sees only our own page
      '--disable-gpu',
      // It asks nobody for updates, and for nothing else.
      ...['--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`],
      '--hide-scrollbars',
      '--force-device-scale-factor=0.65',
      `--window-size=${pageWidth},${height}`,
      `--screenshot=${path}.png`,
      `file://${path}.html`
    ],
    { encoding: 'utf8' }
  )
  rmSync(profile, { recursive: true, force: true })
  if (status !== 0) throw new Error(`chromium (apt-get install chromium): ${stderr}`)
}
