// Imported into a Tailrace process under chaos: tells on standard error, as a line of its log, whenever its event loop
// stood still for long.

import { pausedEvent, watchPauses } from './pauses.ts'

watchPauses(pausedMs => process.stderr.write(`${JSON.stringify({ event: pausedEvent, pausedMs })}\n`))
