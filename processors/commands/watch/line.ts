// One event of a stream as a line for people.

import type { BatchView, Place, TapEvent } from '../../stream/tap.ts'
import { counted, type Paint } from '../output.ts'
import { printable } from '../terminal/table.ts'

export type Watched = TapEvent | { readonly event: 'dropped'; readonly count: number }

const titleWidth = 9

export function lineOf(event: Watched, paint: Paint): string {
  if (event.event === 'dropped')
    return paint(
      'yellow',
      `             ... ${counted(event.count, 'line')} left out: this terminal is slower`
    )
  const time = paint('dim', new Date(event.atMs).toISOString().slice(11, 23))
  return `${time} ${textOf(event, paint)}`
}

function textOf(event: TapEvent, paint: Paint): string {
  switch (event.event) {
    case 'read':
      return `${title('read')}${placeText(event.message)}  ${ageText(event.ageMs)}  ${paint('dim', printable(event.value))}`
    case 'sent':
      return `${title('sent')}#${event.attempt}  ${batchText(event.batch)}${destinationText(event.destination)}`
    case 'answered':
      return paint(
        styleOf(event.outcome),
        `${title(event.outcome)}#${event.attempt}  ${answerText(event)}after ${event.ms} ms  ${namesText(event.batch)}`
      )
    default: {
      const code = event.code === null ? '' : `  ${event.code}`
      return paint('yellow', `${title(event.event)}${placeText(event.message)}${code}`)
    }
  }
}

const title = (text: string) => `${text.padEnd(titleWidth)} `

const styleOf = (outcome: string) =>
  outcome === 'delivered' ? 'green' : outcome === 'reject' || outcome === 'halt' ? 'red' : 'yellow'

const ageText = (ageMs: number) => `${(ageMs / 1000).toFixed(1)} s old`

const destinationText = (destination: string) => (destination === '' ? '' : `  to ${printable(destination)}`)

function answerText({ code, detail }: { readonly code: string | null; readonly detail: string }): string {
  return code === null ? '' : `${code}: ${printable(detail)}  `
}

function batchText(batch: BatchView): string {
  return `${counted(batch.messages, 'message')}, ${batch.bytes} bytes: ${namesText(batch)}`
}

/** The first of them, and how many more there are. */
function namesText({ named, messages }: BatchView): string {
  const shown = named.slice(0, 3).map(placeText)
  const more = messages - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function placeText({ device, topic, partition, offset }: Place): string {
  return `${printable(device ?? '-')} ${topic}/${partition}@${offset}`
}
