// Lines over time as SVG: axes, a grid, and a legend with the last value of each line.

import type { Unit } from '../../../../schemas/render/dashboards/panel.ts'
import { inUnit } from './units.ts'

export interface Line {
  readonly name: string
  /** Seconds from the left edge, and the value. */
  readonly points: readonly (readonly [number, number])[]
}

export interface GraphOptions {
  readonly width: number
  readonly height: number
  readonly unit: Unit
  readonly isStacked: boolean
}

const palette = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f']
const left = 70
const legendHeight = 34

export function graph(given: readonly Line[], { width, height, unit, isStacked }: GraphOptions): string {
  const lines = isStacked ? stacked(given) : given
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite)
  const most = Math.max(...values, 0)
  const least = Math.min(...values, 0)
  const top = most === least ? least + 1 : most + (most - least) * 0.05
  const end = Math.max(...lines.flatMap(({ points }) => points.map(([time]) => time)), 1)
  const floor = height - legendHeight
  const x = (time: number) => left + (time / end) * (width - left)
  const y = (value: number) => floor - ((value - least) / (top - least)) * (floor - 6)
  const grid = [0, 1, 2, 3, 4].map(at => {
    const value = least + ((top - least) * at) / 4
    const label = `<text x="${left - 6}" y="${y(value) + 4}" text-anchor="end" font-size="10" fill="#666">${inUnit(value, unit)}</text>`
    return `<line x1="${left}" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="#e5e5e5"/>${label}`
  })
  const paths = lines.map(({ points }, at) => {
    const drawn = points
      .filter(([, value]) => Number.isFinite(value))
      .map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`)
    return `<polyline fill="none" stroke="${colour(at)}" stroke-width="1.5" points="${drawn.join(' ')}"/>`
  })
  return `<svg width="${width}" height="${height}">${grid.join('')}${paths.join('')}${legend(given, { y: floor + 14, width, unit })}</svg>`
}

const colour = (at: number) => palette[at % palette.length] ?? '#000'

/** Each line on top of those before it. */
function stacked(lines: readonly Line[]): Line[] {
  const sums = new Map<number, number>()
  return lines.map(({ name, points }) => ({
    name,
    points: points.map(([time, value]) => {
      const sum = (sums.get(time) ?? 0) + value
      sums.set(time, sum)
      return [time, sum] as const
    })
  }))
}

function legend(
  lines: readonly Line[],
  { y, width, unit }: { y: number; width: number; unit: Unit }
): string {
  let x = left
  let row = 0
  return lines
    .map(({ name, points }, at) => {
      const text = `${name}: ${inUnit(points.at(-1)?.[1] ?? Number.NaN, unit)}`
      const length = text.length * 6 + 22
      if (x + length > width && x > left) {
        x = left
        row++
      }
      const from = x
      x += length
      return `<text x="${from}" y="${y + row * 13}" font-size="10.5"><tspan fill="${colour(at)}">■</tspan> ${text}</text>`
    })
    .join('')
}
