// What a transport hands to the handler of a request, in the shape of undici, where it is not undici itself.

import type { Dispatcher } from 'undici'

/** A request that can be given up, and neither paused nor resumed. */
export class RequestController implements Dispatcher.DispatchController {
  readonly paused = false
  aborted = false
  reason: Error | null = null

  abort(reason: Error): void {
    this.aborted = true
    this.reason = reason
  }

  pause(): void {}
  resume(): void {}
}
