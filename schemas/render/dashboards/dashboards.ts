// The list of dashboards, by the name of their file in helm/tailrace/dashboards/.

import { ingestDashboard } from './ingest.ts'
import type { Dashboard } from './panel.ts'
import { streamDashboard } from './stream.ts'
import { streamsDashboard } from './streams.ts'

export const dashboards: Readonly<Record<string, Dashboard>> = {
  streams: streamsDashboard,
  stream: streamDashboard,
  ingest: ingestDashboard
}
