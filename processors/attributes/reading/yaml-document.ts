// Parses YAML as parseDocument() of the parser does, with two differences that files of unknown origin ask for: what is
// nested too deep is refused before the parser recurses over it, since a full stack may end the process, and the place of
// an open quote is that of the quote, not the end of the text.

import { Composer, type CST, type Document, Lexer, Parser, visit, type YAMLError, YAMLParseError } from 'yaml'
import { syntaxSentence } from '../../service/config/reading/syntax.ts'
import { maxDepth, tooDeep } from './node.ts'

export interface YamlDocument {
  /** Null where only comments stand; of no use after mistakes. */
  readonly contents: unknown
  /** At most one of each line, and none behind an open quote: what follows there is usually an echo. */
  readonly mistakes: readonly SyntaxMistake[]
}

interface SyntaxMistake {
  readonly at: number
  readonly sentence: string
}

/** Some more than what a value may have: whoever walks the value finds the exact place. */
const maxParserDepth = 2 * maxDepth

const openQuote = 'begins a text in quotes that does not end: the closing quote is missing'

export function parseYaml(text: string): YamlDocument {
  const parser = new Parser()
  const tokens = tokensOf(text, parser)
  if (tokens === null) return { contents: null, mistakes: [{ at: parser.offset, sentence: tooDeep }] }
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, stringKeys: true })
  const [document, second] = composer.compose(tokens, true, text.length)
  if (document === undefined) return { contents: null, mistakes: [] }
  const errors: YAMLError[] = [...document.errors, ...document.warnings]
  if (second !== undefined)
    errors.push(new YAMLParseError([second.range[0], second.range[1]], 'MULTIPLE_DOCS', ''))
  const mistakes = errors.map(error => mistakeOf(error, text, document))
  return { contents: document.contents, mistakes: withoutEchoes(mistakes, text) }
}

/** Null when it is nested too deep; the parser stands there then. */
function tokensOf(text: string, parser: Parser): CST.Token[] | null {
  const tokens: CST.Token[] = []
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    if (parser.stack.length > maxParserDepth) return null
  }
  tokens.push(...parser.end())
  return tokens
}

function mistakeOf(error: YAMLError, text: string, document: Document): SyntaxMistake {
  const [at] = error.pos
  if (/^Missing closing ['"]quote/.test(error.message))
    return { at: quoteBefore(at, document), sentence: openQuote }
  return { at: afterBlanks(at, text), sentence: syntaxSentence(error, text) }
}

/** Where the text begins that ends at `end`. */
function quoteBefore(end: number, document: Document): number {
  let at = end
  visit(document, {
    Scalar(_, { range }) {
      if (range && range[0] < end && range[1] >= end - 1) at = range[0]
    }
  })
  return at
}

/** The parser points at the indentation where it is wrong; people look at what is indented. */
function afterBlanks(offset: number, text: string): number {
  let at = offset
  while (text[at] === ' ') at++
  return at
}

function withoutEchoes(mistakes: readonly SyntaxMistake[], text: string): SyntaxMistake[] {
  const byLine = new Map<number, SyntaxMistake>()
  const quoteAt = mistakes.find(({ sentence }) => sentence === openQuote)?.at ?? text.length
  for (const mistake of mistakes) {
    if (mistake.at > quoteAt) continue
    const line = text.lastIndexOf('\n', mistake.at - 1)
    if (!byLine.has(line)) byLine.set(line, mistake)
  }
  return [...byLine.values()]
}
