// A modest reader of TypeScript sources for the architecture test: knows imports, functions and how deep blocks are
// nested. It does not parse; it blanks what could mislead (comments, strings, templates, regular expressions) and then
// matches brackets. Odd formatting could fool it; Biome's does not.

export interface Import {
  readonly from: string
  /** `import('x')`, which loads when it runs. */
  readonly lazy: boolean
  readonly typeOnly: boolean
}

export interface FunctionShape {
  readonly name: string
  readonly line: number
  readonly lines: number
  readonly parameters: number
  /** Blocks of if, for, while, switch, try and the like inside each other; inner functions count for themselves. */
  readonly nesting: number
}

/** The imports and re-exports of a module. */
export function importsOf(source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)
  const calls = source.matchAll(/\bimport\(\s*'([^']+)'/g)
  return [
    ...Array.from(statements, ([, type, from = '']) => ({ from, lazy: false, typeOnly: type !== undefined })),
    ...Array.from(calls, ([, from = '']) => ({ from, lazy: true, typeOnly: false }))
  ]
}

/** The code with comments and the insides of literals turned into blanks; lines and columns stay. */
export function blank(source: string): string {
  let result = ''
  let at = 0
  while (at < source.length) {
    const end = endOfLiteral(source, at, result)
    const text = source.slice(at, end)
    result += end === at + 1 ? text : text.replaceAll(/[^\n]/g, ' ')
    at = end
  }
  return result
}

/** Where the comment or literal that starts at `at` ends; one character on if none does. */
function endOfLiteral(source: string, at: number, before: string): number {
  const two = source.slice(at, at + 2)
  if (two === '//') return endOf(source.indexOf('\n', at), source)
  if (two === '/*') return endOf(source.indexOf('*/', at + 2) + 2, source)
  if (two[0] === "'" || two[0] === '"') return match(/(["'])(?:\\.|(?!\1).)*\1/y, source, at)
  if (two[0] === '`') return endOfTemplate(source, at)
  if (two[0] === '/' && startsRegex(before)) {
    return match(/\/(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n[\\])+\/[a-z]*/y, source, at)
  }
  return at + 1
}

const endOf = (index: number, source: string) => (index <= 1 ? source.length : index)

function match(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at
  return at + (pattern.exec(source)?.[0].length ?? 1)
}

/** A slash divides after a value; elsewhere it begins a regular expression. */
function startsRegex(before: string): boolean {
  return (
    !/(?:[\w$)\]}])\s*$/.test(before.slice(-80)) ||
    /\b(?:return|case|typeof|of|in)\s*$/.test(before.slice(-80))
  )
}

/** Templates may hold code, which may hold templates. */
function endOfTemplate(source: string, start: number): number {
  let at = start + 1
  while (at < source.length && source[at] !== '`') {
    if (source[at] === '\\') at += 2
    else if (source.startsWith('${', at)) at = endOfPlaceholder(source, at + 2)
    else at++
  }
  return at + 1
}

function endOfPlaceholder(source: string, start: number): number {
  let depth = 1
  let at = start
  while (at < source.length && depth > 0) {
    if (source[at] === '{') depth++
    if (source[at] === '}') depth--
    at = endOfLiteral(source, at, source.slice(0, at))
  }
  return at
}

const control = /\b(?:if|for|while|switch|catch|with)\s*(?:await\s*)?$/

/** All functions that have a block for a body. */
export function functionsOf(source: string): FunctionShape[] {
  const code = blank(source)
  const pairs = bracketPairs(code)
  const bodies = new Map<number, number>()
  for (const [open, close] of pairs) {
    if (code[open] !== '(' || control.test(code.slice(Math.max(0, open - 20), open))) continue
    const body = bodyAfter(code, close + 1, pairs)
    if (body !== null) bodies.set(body, open)
  }
  for (const { index } of code.matchAll(/[\w$]\s*=>\s*\{/g)) {
    const body = code.indexOf('{', index + 1)
    if (!bodies.has(body)) bodies.set(body, index)
  }
  return Array.from(bodies, ([body, head]) => shapeOf({ code, pairs, bodies, body, head }))
}

/** Pairs of brackets, from the index of the opening one to that of the closing one. */
function bracketPairs(code: string): Map<number, number> {
  const pairs = new Map<number, number>()
  const open: number[] = []
  for (let at = 0; at < code.length; at++) {
    const char = code[at] ?? ''
    if ('([{'.includes(char)) open.push(at)
    else if (')]}'.includes(char)) pairs.set(open.pop() ?? -1, at)
  }
  return pairs
}

/** The brace of the body of a function whose parameters end before `after`, past a return type; else null. */
function bodyAfter(code: string, after: number, pairs: Map<number, number>): number | null {
  let at = after + (/^\s*/.exec(code.slice(after))?.[0].length ?? 0)
  if (code[at] === ':') at = endOfType(code, at + 1, pairs)
  if (code.startsWith('=>', at)) at += 2
  at += /^\s*/.exec(code.slice(at))?.[0].length ?? 0
  return code[at] === '{' ? at : null
}

/** Steps over a type: a brace right after `:`, `|`, `&`, `,` or `is` belongs to the type, another one does not. */
function endOfType(code: string, start: number, pairs: Map<number, number>): number {
  let operand = true
  let at = start
  let depth = 0
  while (at < code.length) {
    const char = code[at] ?? ''
    const bracket = '([{'.includes(char)
    if (depth === 0 && ((char === '{' && !operand) || code.startsWith('=>', at) || ';)]}'.includes(char)))
      break
    if (char === '<') depth++
    if (char === '>' && code[at - 1] !== '=') depth--
    if (char.trim() !== '') operand = '|&,:<'.includes(char)
    at = bracket ? (pairs.get(at) ?? at) + 1 : at + 1
  }
  return at
}

interface Found {
  readonly code: string
  readonly pairs: Map<number, number>
  readonly bodies: Map<number, number>
  readonly body: number
  readonly head: number
}

function shapeOf({ code, pairs, bodies, body, head }: Found): FunctionShape {
  const line = (index: number) => code.slice(0, index).split('\n').length
  const end = pairs.get(body) ?? code.length
  const name = /([\w$#]+)\s*(?:<[^()]*>)?\s*(?:=\s*(?:async\s*)?)?$/.exec(
    code.slice(Math.max(0, head - 200), head)
  )
  const parameters = code[head] === '(' ? countParameters(code.slice(head + 1, pairs.get(head))) : 1
  return {
    name: name?.[1] ?? 'a function',
    line: line(head),
    lines: line(end) - line(head) + 1,
    parameters,
    nesting: nestingIn({ code, pairs, bodies }, body + 1, end)
  }
}

function countParameters(list: string): number {
  let depth = 0
  let parameters = list.trim() === '' ? 0 : 1
  for (const char of list.replaceAll('=>', '  ').replace(/,\s*$/, '')) {
    if ('([{<'.includes(char)) depth++
    else if (')]}>'.includes(char)) depth--
    else if (char === ',' && depth === 0) parameters++
  }
  return parameters
}

function nestingIn(found: Pick<Found, 'code' | 'pairs' | 'bodies'>, start: number, end: number): number {
  const { code, pairs, bodies } = found
  let deepest = 0
  for (let at = start; at < end; at++) {
    if (code[at] !== '{') continue
    const close = pairs.get(at) ?? end
    if (!bodies.has(at)) {
      deepest = Math.max(deepest, (isControl(code, at, pairs) ? 1 : 0) + nestingIn(found, at + 1, close))
    }
    at = close
  }
  return deepest
}

function isControl(code: string, brace: number, pairs: Map<number, number>): boolean {
  const before = code.slice(0, brace).trimEnd()
  if (/\b(?:else|do|try|finally|catch)$/.test(before.slice(-10))) return true
  if (!before.endsWith(')')) return false
  const close = before.length - 1
  for (const [open, end] of pairs) {
    if (end === close) return control.test(code.slice(Math.max(0, open - 20), open))
  }
  return false
}
