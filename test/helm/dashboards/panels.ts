// The panels of a dashboard as Prometheus is asked them: with the variables filled in that Grafana would fill in.

import { dashboards } from '../../../schemas/render/dashboards/dashboards.ts'
import type { Panel } from '../../../schemas/render/dashboards/panel.ts'

/** What is picked at the top. */
export interface Picked {
  readonly stream: string
  readonly channel: string
}

export const all: Picked = { stream: '.*', channel: '.*' }

/** A query with its variables filled in; rates are taken over 10 s, since the scene is short. */
export function filled(expr: string, { stream, channel }: Picked): string {
  return expr
    .replaceAll('$namespace', '.*')
    .replaceAll('$stream', stream)
    .replaceAll('$channel', channel)
    .replaceAll('$__rate_interval', '10s')
}

export interface PlacedPanel {
  readonly dashboard: string
  readonly panel: Panel
}

export function placedPanels(): PlacedPanel[] {
  return Object.entries(dashboards).flatMap(([dashboard, { rows }]) =>
    rows.flatMap(({ panels }) => panels.map(panel => ({ dashboard, panel })))
  )
}
