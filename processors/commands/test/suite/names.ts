// The short names by which a policy test speaks of messages: a device and a number, `a1`, or `truck-7#1` where the device
// ends with a digit itself. Runs of them are written `a1..a9`.

/** The device of a message's name. */
export function deviceOf(name: string): string {
  const [, device] = /^(.+)#[^#]+$/.exec(name) ?? []
  return device ?? name.replace(/\d+$/, '')
}

/** `a1..a3 b1` as `a1 a2 a3 b1`; null where it is no list of names. */
export function expand(text: string): string[] | null {
  const words = text.split(/\s+/).filter(word => word !== '')
  const names = words.map(word => (word.includes('..') ? run(word) : [word]))
  return names.includes(null) ? null : names.flatMap(name => name ?? [])
}

/** The reverse: three and more in a row are written as a run. */
export function contract(names: readonly string[]): string {
  const words: string[] = []
  for (let at = 0; at < names.length; ) {
    let end = at
    while (isNext(names[end], names[end + 1])) end++
    const isRun = end - at >= 2
    words.push(isRun ? `${names[at]}..${names[end]}` : (names[at] ?? ''))
    at = isRun ? end + 1 : at + 1
  }
  return words.join(' ')
}

/** So many names are no run, but a mistake. */
const longestRun = 10_000

function run(word: string): string[] | null {
  const [, stem, from, stemAgain, to] = /^(.*?)(\d+)\.\.(.*?)(\d+)$/.exec(word) ?? []
  const count = Number(to) - Number(from) + 1
  if (stem === undefined || stem !== stemAgain || !(count >= 1 && count <= longestRun)) return null
  return Array.from({ length: count }, (_, at) => `${stem}${Number(from) + at}`)
}

function isNext(name: string | undefined, next: string | undefined): boolean {
  const [, stem, number] = /^(.*?)(\d+)$/.exec(name ?? '') ?? []
  return number !== undefined && next === `${stem}${Number(number) + 1}`
}
