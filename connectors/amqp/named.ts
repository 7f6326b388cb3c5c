// Which messages RabbitMQ names when it closes a channel: by a topic that may not be written, by an exchange, or by their size. It
// cuts its words after 252 bytes and puts dots there, so a long name may be there in part only. Then messages are named by the
// part, if all that it fits go to one place.

import type { Place } from './outcome.ts'

/** The name under which RabbitMQ speaks of the exchange without a name. */
const defaultExchange = 'amq.default'
const ofTopic = "access to topic '"
const ofExchange = "exchange '"
export const cutMark = '...'
/** What it does not cut; a little less, as the last character may have been left out. */
const leastCutBytes = 245

/** For each place, whether it is named. */
export function namedIn(text: string, places: readonly Place[]): boolean[] {
  const named = places.map(place => isNamed(text, place))
  if (named.includes(true) || !isCut(text)) return named
  const begun = places.map(place => isBegun(text, place))
  const fitting = places.filter((_, at) => begun[at])
  const isOne = fitting.every(
    ({ exchange, routingKey }) =>
      exchange === fitting[0]?.exchange && (routingKey === fitting[0].routingKey || !text.includes(ofTopic))
  )
  return isOne ? begun : named
}

function isNamed(text: string, place: Place): boolean {
  const [opening, words] = wordsOf(text, place)
  if (text.includes(opening)) return text.slice(text.indexOf(opening)).startsWith(words)
  const [, maxBytes] = /message size \d+ is larger than configured max size (\d+)/.exec(text) ?? []
  return maxBytes !== undefined && place.bodyBytes > Number(maxBytes)
}

/** Whether the words about it may have been cut. */
function isBegun(text: string, place: Place): boolean {
  const [opening, words] = wordsOf(text, place)
  const at = text.indexOf(opening)
  // Of a character that was cut through nothing can be read.
  const part = text.slice(at, -cutMark.length).replace(/\uFFFD+$/, '')
  return at >= 0 && part.length > opening.length && words.startsWith(part)
}

function isCut(text: string): boolean {
  return text.endsWith(cutMark) && Buffer.byteLength(text) >= leastCutBytes
}

/** What the text would say about a message of this place, and how it begins. */
function wordsOf(text: string, { exchange, routingKey }: Place): [opening: string, words: string] {
  if (text.includes(ofTopic))
    return [ofTopic, `${ofTopic}${routingKey}' in exchange '${exchange}' in vhost '`]
  return [ofExchange, `${ofExchange}${exchange === '' ? defaultExchange : exchange}' in vhost '`]
}
