// A dashboard as one page of HTML, laid out in Grafana's grid, with what Prometheus answers to the query of every panel.

import { type Dashboard, heightOf, type Panel } from '../../../../schemas/render/dashboards/panel.ts'
import type { Prometheus } from '../../../prometheus.ts'
import { filled, type Picked } from '../panels.ts'
import { graph, type Line } from './graph.ts'
import { inUnit } from './units.ts'

/** Pixels. */
export const pageWidth = 1_500
const unitHeight = 30
const colours = { green: '#2e7d32', yellow: '#b38600', orange: '#d9730d', red: '#c62828' } as const

export interface Asked {
  readonly prometheus: Prometheus
  readonly picked: Picked
  /** How far back is drawn. */
  readonly seconds: number
}

export async function pageOf(dashboard: Dashboard, asked: Asked): Promise<{ html: string; height: number }> {
  const parts: string[] = []
  let height = 70
  for (const { title, panels } of dashboard.rows) {
    parts.push(`<h2>${title}</h2>`)
    height += 45
    let used = 24
    for (const panel of panels) {
      if (used + panel.width > 24) {
        height += heightOf(panel) * unitHeight + 8
        used = 0
      }
      used += panel.width
      parts.push(await box(panel, asked))
    }
  }
  const style = `body{font:13px sans-serif;margin:12px;background:#f4f5f5}h1{font-size:18px}h2{font-size:14px;clear:both;padding-top:8px;margin:0 0 6px}
.p{float:left;box-sizing:border-box;background:#fff;border:1px solid #ddd;margin:0 0 8px;padding:6px;overflow:hidden}.t{font-weight:bold}.d{color:#666;font-size:11px}
table{border-collapse:collapse;font-size:12px;margin-top:6px}td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #eee}.s{font-size:34px;margin-top:4px}.n{color:#999;margin-top:30px}`
  return {
    html: `<!doctype html><meta charset="utf-8"><style>${style}</style><h1>${dashboard.title}</h1>${parts.join('\n')}`,
    height
  }
}

async function box(panel: Panel, asked: Asked): Promise<string> {
  const size = { width: ((pageWidth - 30) * panel.width) / 24, height: heightOf(panel) * unitHeight }
  const inside = panel.kind === 'graph' ? await drawn(panel, asked, size) : await told(panel, asked)
  const title = `<div class="t">${panel.title}</div><div class="d">${panel.description}</div>`
  return `<div class="p" style="width:${size.width}px;height:${size.height}px">${title}${inside || '<div class="n">No data</div>'}</div>`
}

async function drawn(panel: Panel, asked: Asked, size: { width: number; height: number }): Promise<string> {
  const lines: Line[] = []
  for (const { expr, legend } of panel.queries)
    lines.push(...(await range(filled(expr, asked.picked), legend, asked)))
  if (lines.length === 0) return ''
  return graph(lines, {
    width: size.width - 20,
    height: size.height - 62,
    unit: panel.unit,
    isStacked: panel.isStacked === true
  })
}

async function range(query: string, legend: string, { prometheus, seconds }: Asked): Promise<Line[]> {
  const end = Math.floor(Date.now() / 1000)
  const body = new URLSearchParams({ query, start: String(end - seconds), end: String(end), step: '1' })
  const response = await fetch(`${prometheus.url}/api/v1/query_range`, { method: 'POST', body })
  const { data } = (await response.json()) as RangeAnswer // the API's own shape
  return data.result.map(({ metric, values }) => ({
    name: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '').trim(),
    points: values.map(([time, value]) => [time - end + seconds, Number(value)] as const)
  }))
}

interface RangeAnswer {
  readonly data: {
    readonly result: readonly { metric: Record<string, string>; values: [number, string][] }[]
  }
}

/** A table has a row for the labels of its series, a column for each query; a stat has one figure. */
async function told(panel: Panel, { prometheus, picked }: Asked): Promise<string> {
  const rows = new Map<string, Map<string, string>>()
  const labels = new Set<string>()
  for (const { expr, legend, unit = panel.unit } of panel.queries)
    for (const { labels: own, value } of await prometheus.query(filled(expr, picked))) {
      if (panel.kind === 'stat')
        return `<div class="s" style="color:${colourOf(panel, value)}">${inUnit(value, unit)}</div>`
      const { code, ...shared } = own
      const key = JSON.stringify(legend === 'Reason' ? shared : own)
      const row = rows.get(key) ?? new Map(Object.entries(own))
      for (const label of Object.keys(own)) labels.add(label)
      if (code !== undefined) row.set('code', code)
      const text =
        panel.words?.[value] !== undefined && legend === panel.queries[0]?.legend
          ? panel.words[value]
          : inUnit(value, unit)
      const isFirst = legend === panel.queries[0]?.legend
      row.set(legend, isFirst ? `<b style="color:${colourOf(panel, value)}">${text}</b>` : text)
      rows.set(key, row)
    }
  if (rows.size === 0) return ''
  const heads = [
    ...labels,
    ...panel.queries.map(({ legend }) => legend).filter(legend => legend !== 'Reason')
  ]
  const body = [...rows.values()].map(
    row => `<tr>${heads.map(head => `<td>${row.get(head) ?? ''}</td>`).join('')}</tr>`
  )
  return `<table><tr>${heads.map(head => `<th>${head === 'code' ? 'reason' : head}</th>`).join('')}</tr>${body.join('')}</table>`
}

function colourOf({ thresholds = [] }: Panel, value: number): string {
  const reached = thresholds.filter(({ from }) => value >= from).at(-1)
  return reached === undefined ? '#222' : colours[reached.colour]
}
