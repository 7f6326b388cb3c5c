// What /metrics tells of the process as a whole, set when the page is asked for.

import { phases, type ServiceStatus } from '../admin/status.ts'
import type { Metrics } from './metrics.ts'

export function setServiceGauges(metrics: Metrics, { phase, trouble }: ServiceStatus): void {
  const inPhase = metrics.gauge('tailrace_service_phase')
  for (const one of phases) inPhase.set({ phase: one }, one === phase ? 1 : 0)
  const troubled = metrics.gauge('tailrace_service_trouble')
  troubled.reset()
  if (trouble !== undefined) troubled.set({ code: trouble.code }, 1)
}
