// The formats in which messages may come, by their names in the configuration.

import { readIncoming } from '../../../shared/json/incoming.ts'
import type { ReadEntry } from '../body/messages.ts'
import { readOsmand } from './osmand.ts'
import { readTraccar } from './traccar.ts'

export const formats = {
  messages: readIncoming,
  traccar: readTraccar,
  osmand: readOsmand
} as const satisfies Record<string, ReadEntry>
