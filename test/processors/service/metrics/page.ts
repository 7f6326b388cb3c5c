// The metrics page as a test reads it: each series with its labels and its value.

interface Series {
  /** As it is written: of a histogram with _bucket, _sum or _count behind it. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Label values of Tailrace hold neither quotes nor line feeds. */
export function seriesOf(page: string): Series[] {
  return page
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
        value: Number(value)
      }
    })
}

/** The metric of the closed list that a series is of; undefined where it is of none. */
export function metricOf({ name }: Series, names: readonly string[]): string | undefined {
  const whole = name.replace(/_(?:bucket|sum|count)$/, '')
  return names.find(one => one === name || one === whole)
}
