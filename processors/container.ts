// What the container image starts: the executable, as the first process of a container. Loading it takes half a second or
// more, in which a SIGTERM would be lost, so that is listened to before.

import { endAtSignals } from './first-process.ts'

endAtSignals(process)
await import('./main.ts')
