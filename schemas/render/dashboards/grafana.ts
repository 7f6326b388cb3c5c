// A dashboard as Grafana reads it: its JSON model, version 39, with the places of panels counted out. The namespace and what
// the dashboard is about are picked at the top; data sources are a variable, so that it can be imported anywhere.

import { type Dashboard, heightOf, type Panel, type Query, type Row } from './panel.ts'

const columns = 24
const kinds = { graph: 'timeseries', table: 'table', stat: 'stat' } as const
const datasource = { type: 'prometheus', uid: '${datasource}' }

/** The text of a file that can be imported into Grafana. */
export function grafana(dashboard: Dashboard): string {
  const model = {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ['tailrace'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1, // one crosshair in all panels
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    links: [
      {
        type: 'dashboards',
        title: 'Tailrace',
        tags: ['tailrace'],
        asDropdown: true,
        keepTime: true,
        includeVars: true
      }
    ],
    templating: { list: variables(dashboard) },
    panels: panels(dashboard.rows)
  }
  return `${JSON.stringify(model, null, 2)}\n`
}

function variables({ variable: { name, of, several } }: Dashboard) {
  const query = (label: string, text: string, isMany: boolean) => ({
    name: label,
    label: label[0]?.toUpperCase() + label.slice(1),
    type: 'query',
    datasource,
    query: { query: text, refId: label },
    refresh: 2, // when the time range changes
    sort: 1,
    multi: isMany,
    includeAll: isMany,
    // Also what has no such label, as outside of a cluster.
    ...(isMany && { allValue: '.*', current: { text: 'All', value: '$__all' } })
  })
  return [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
    query('namespace', 'label_values(tailrace_build_info, namespace)', true),
    query(name, `label_values(${of}{namespace=~"$namespace"}, ${name})`, several)
  ]
}

/** Panels fill lines from left to right; those of one line are as high as the highest. */
function panels(rows: readonly Row[]) {
  const placed: object[] = []
  let y = 0
  for (const { title, panels: list } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: []
    })
    y++
    let x = 0
    let height = 0
    for (const panel of list) {
      if (x + panel.width > columns) {
        y += height
        x = 0
        height = 0
      }
      placed.push({
        id: placed.length + 1,
        ...shown(panel),
        gridPos: { x, y, w: panel.width, h: heightOf(panel) }
      })
      x += panel.width
      height = Math.max(height, heightOf(panel))
    }
    y += height
  }
  return placed
}

function shown(panel: Panel) {
  const { title, description, kind, queries } = panel
  const isTable = kind === 'table'
  return {
    type: kinds[kind],
    title,
    description,
    datasource,
    targets: queries.map((query, at) => target(query, at, kind !== 'graph')),
    fieldConfig: { defaults: defaults(panel), overrides: isTable ? columnsOf(panel) : [] },
    ...(isTable && { transformations: tableOf(queries) }),
    options: options(panel)
  }
}

const refIdOf = (at: number) => String.fromCharCode(65 + at)

function target({ expr, legend }: Query, at: number, isInstant: boolean) {
  const format = isInstant ? { instant: true, range: false, format: 'table' } : { range: true }
  return { refId: refIdOf(at), datasource, expr, legendFormat: legend, ...format }
}

function defaults({ kind, unit, thresholds, isStacked, words }: Panel) {
  const steps = (thresholds ?? [{ from: 0, colour: 'green' as const }]).map(({ from, colour }, at) => ({
    color: colour,
    value: at === 0 ? null : from
  }))
  return {
    unit,
    ...(kind !== 'table' && { min: 0 }),
    thresholds: { mode: 'absolute', steps },
    ...(kind === 'stat' && { color: { mode: 'thresholds' } }),
    ...(kind === 'stat' && words !== undefined && { mappings: mappingsOf(words) }),
    ...(kind === 'graph' && {
      custom: {
        lineWidth: 1,
        fillOpacity: isStacked ? 30 : 8,
        showPoints: 'never',
        stacking: { mode: isStacked ? 'normal' : 'none' },
        ...(thresholds !== undefined && { thresholdsStyle: { mode: 'line' } })
      }
    })
  }
}

function mappingsOf(words: Readonly<Record<number, string>>) {
  const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]))
  return [{ type: 'value', options }]
}

/** Each query of a table is a column with its unit; the first has the colours and the words. */
function columnsOf({ queries, unit, thresholds, words }: Panel) {
  return queries.map(({ legend, unit: own = unit }, at) => ({
    matcher: { id: 'byName', options: legend },
    properties: [
      { id: 'unit', value: own },
      ...(at === 0 && thresholds !== undefined
        ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }]
        : []),
      ...(at === 0 && words !== undefined ? [{ id: 'mappings', value: mappingsOf(words) }] : []),
      // What a reason has for a value says nothing: its label is the column.
      ...(legend === 'Reason' ? [{ id: 'custom.hidden', value: true }] : [])
    ]
  }))
}

/** Rows of the same labels become one, with a column for each query. */
function tableOf(queries: readonly Query[]) {
  const single = queries.length === 1
  const renameByName = Object.fromEntries([
    ...queries.map(({ legend }, at) => [single ? 'Value' : `Value #${refIdOf(at)}`, legend]),
    ['code', 'reason']
  ])
  return [
    { id: 'merge', options: {} },
    { id: 'organize', options: { excludeByName: { Time: true }, renameByName } }
  ]
}

function options({ kind }: Panel) {
  if (kind === 'graph')
    return { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
  if (kind === 'stat')
    return { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'none' }
  return { showHeader: true }
}
