// Sentences for texts that are no YAML. The parser's own messages quote the text, which may hold secrets, and speak
// of tokens and implicit keys; these say what to look for.

import type { YAMLError } from 'yaml'

const indented = 'is indented differently from its neighbours: keys of one mapping begin in the same column'
const noColon =
  'cannot be understood: expected "key: value" (a colon and a space), or a line indented below its key'
const unexpected =
  'has something here that does not belong: check the quotes, brackets and indentation before it'
const oneLine =
  'has two "key: value" pairs on one line, or a line that is indented too far: put text with ": " in quotes'

const sentences: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'uses an alias (*name) without a name',
  BAD_DQ_ESCAPE:
    'has an unknown escape (\\x) in a double-quoted text: use single quotes to take backslashes as they are',
  BAD_INDENT: indented,
  BAD_SCALAR_START:
    'has a text that begins with a character YAML keeps for itself (@, ` or %): put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: oneLine,
  BLOCK_IN_FLOW: 'has an indented block inside of brackets: write it with commas, or without the brackets',
  MULTILINE_IMPLICIT_KEY: noColon,
  MULTIPLE_DOCS: 'begins a second document: a file holds one, so remove the "---" or use a file for each',
  NON_STRING_KEY: 'has a key that is no text: keys are plain words',
  TAB_AS_INDENT: 'is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'has a tag (!name): tags are not used here, remove it'
}

/** The sentence for one mistake of the parser in `text`. */
export function syntaxSentence(error: YAMLError, text: string): string {
  const [start] = error.pos
  if (text.slice(start - 1, start + 1) === '${')
    return 'has a ${...} inside of brackets: put it in quotes, "${env:NAME}"'
  if (/^Missing closing ['"]quote/.test(error.message))
    return 'ends inside of a quoted text: the closing quote is missing'
  if (/^Flow (map|sequence) in block/.test(error.message))
    return `ends inside of brackets: the closing ${error.message.includes('map') ? '}' : ']'} is missing`
  if (/^Missing , or :/.test(error.message)) return 'misses a comma between two entries in brackets'
  if (/^Implicit map keys need/.test(error.message)) return noColon
  return sentences[error.code] ?? unexpected
}
