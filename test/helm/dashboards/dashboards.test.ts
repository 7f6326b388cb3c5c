// Every query of every panel is asked of a real Prometheus that scraped a real process whose streams fare differently, and returns
// what can be drawn. The page that was scraped is clean for promtool, and the files of Grafana are whole.

import { readFileSync } from 'node:fs'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { type MetricName, metrics } from '../../../schemas/metrics.ts'
import { dashboards } from '../../../schemas/render/dashboards/dashboards.ts'
import { testBrokers } from '../../kafka.ts'
import { complaints, metricsIn } from '../promql.ts'
import { promtool } from '../rules/promtool.ts'
import { all, filled, placedPanels } from './panels.ts'
import { type Scene, startScene } from './scene.ts'

/** Of which nothing is there while all goes as it should; each with the reason. */
const quiet: Readonly<Partial<Record<MetricName, string>>> = {
  tailrace_channel_dead_letters_total: 'no source of the scene receives what it can neither read nor refuse',
  tailrace_stream_gate_seconds: 'no process joins or leaves while the scene lasts'
}

const mayBeQuiet = (name: string) => Object.hasOwn(quiet, name)

let scene: Scene

test.before(async () => {
  scene = await startScene(testBrokers())
  await scene.scraped(30)
})

test.after.always(async () => scene?.stop())

test('every query of every panel returns data that can be drawn', async t => {
  for (const { dashboard, panel } of placedPanels())
    for (const { expr } of panel.queries) {
      const found = await scene.prometheus.query(filled(expr, all))
      const isQuiet = metricsIn(filled(expr, all)).some(name => mayBeQuiet(name.replace(/_bucket$/, '')))
      const where = `${dashboard}, ${panel.title}: ${expr}`
      if (!isQuiet) t.true(found.length > 0, `${where} returns nothing`)
      t.true(
        found.every(({ value }) => Number.isFinite(value)),
        `${where} returns what is no number: ${JSON.stringify(found)}`
      )
    }
})

test('the glance shows each stream as it fares, with its reason', async t => {
  const glance = placedPanels().find(({ panel }) => panel.title === 'Streams')
  const [state, reason] = glance?.panel.queries ?? []
  const states = await scene.prometheus.query(filled(state?.expr ?? '', all))
  const byStream = Object.fromEntries(states.map(({ labels, value }) => [labels.stream, value]))
  t.deepEqual(byStream, { fine: 0, down: 2, halted: 3, held: 0, picky: 0 })
  const reasons = await scene.prometheus.query(filled(reason?.expr ?? '', all))
  t.deepEqual(Object.fromEntries(reasons.map(({ labels }) => [labels.stream, labels.code])), {
    down: 'http_connect_failed',
    halted: 'http_unauthorized'
  })
})

test('promtool finds nothing to mend in what is scraped', async t => {
  const page = await scene.page()
  t.true(page.includes('tailrace_stream_messages_read_total'))
  const { status, said } = promtool(['check', 'metrics'], page)
  t.is(status, 0, said)
})

test('panels name only metrics, labels and values that the product has', t => {
  for (const { panel } of placedPanels())
    for (const { expr } of panel.queries)
      t.deepEqual(complaints(filled(expr, { stream: '', channel: '' })), [], panel.title)
})

test('every metric of a stream or a channel is on a panel', t => {
  const drawn = new Set(
    placedPanels().flatMap(({ panel }) => panel.queries.flatMap(({ expr }) => metricsIn(filled(expr, all))))
  )
  // These are for rules, for people who ask more, or shown only where it is configured.
  const elsewhere = [
    'tailrace_build_info',
    'tailrace_config_generation',
    'tailrace_config_last_reload_successful',
    'tailrace_expiry_life_seconds',
    'tailrace_partition_lag_messages',
    'tailrace_service_trouble',
    'tailrace_stream_imbalances_total'
  ]
  const names = Object.keys(metrics).filter(name => !drawn.has(name) && !drawn.has(`${name}_bucket`))
  t.deepEqual(
    names.filter(name => !elsewhere.includes(name)),
    []
  )
})

test('every panel says what it shows and what to do, and lies inside of its dashboard beside the others', t => {
  for (const name of Object.keys(dashboards)) {
    const file = JSON.parse(readFileSync(packageRoot(`helm/tailrace/dashboards/${name}.json`), 'utf8'))
    const places: {
      title: string
      description?: string
      type: string
      gridPos: Record<'x' | 'y' | 'w' | 'h', number>
    }[] = file.panels
    for (const [at, panel] of places.entries()) {
      const { x, y, w, h } = panel.gridPos
      t.true(x >= 0 && x + w <= 24, panel.title)
      if (panel.type !== 'row') t.true((panel.description ?? '').length > 30, panel.title)
      for (const other of places.slice(at + 1)) {
        const { x: left, y: top, w: width, h: height } = other.gridPos
        const isApart = x + w <= left || left + width <= x || y + h <= top || top + height <= y
        t.true(isApart, `${panel.title} lies on ${other.title}`)
      }
    }
  }
})
