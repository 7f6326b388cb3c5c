// Figures as Grafana writes them, near enough to be looked at.

import type { Unit } from '../../../../schemas/render/dashboards/panel.ts'

export function inUnit(value: number, unit: Unit): string {
  if (unit === 's') return duration(value)
  if (unit === 'percentunit') return `${short(value * 100)} %`
  if (unit === 'bytes' || unit === 'Bps') return `${scaled(value)}B${unit === 'Bps' ? '/s' : ''}`
  if (unit === 'cps') return `${short(value)}/s`
  return unit === 'short' ? scaled(value).trim() : short(value)
}

function duration(value: number): string {
  const size = Math.abs(value)
  if (size < 1) return `${short(value * 1000)} ms`
  if (size < 120) return `${short(value)} s`
  if (size < 7_200) return `${short(value / 60)} min`
  if (size < 172_800) return `${short(value / 3_600)} h`
  return `${short(value / 86_400)} d`
}

function scaled(value: number): string {
  for (const [factor, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k']
  ] as const)
    if (Math.abs(value) >= factor) return `${short(value / factor)} ${letter}`
  return `${short(value)} `
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
