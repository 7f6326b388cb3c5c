// What the demo shows while it runs: on a terminal a block of lines that is drawn anew every second, elsewhere one
// line every few seconds.

import type { Clock } from '../../../connectors/clock.ts'
import type { StreamReport } from '../../service/admin/status.ts'
import type { Paint } from '../output.ts'
import { cutLine } from '../terminal/cut-line.ts'
import { grouped } from '../terminal/progress.ts'

export interface Scene {
  readonly sent: number
  readonly accepted: number
  /** Why the fleet cannot send, or empty. */
  readonly trouble: string
  readonly stream: StreamReport | undefined
  readonly received: number
  readonly devices: number
  readonly perSecond: number
  readonly isReceiving: boolean
}

export interface ScreenOptions {
  readonly clock: Clock
  readonly out: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
  readonly paint: Paint
  scene(): Scene
}

const liveMs = 1_000
const plainMs = 5_000

export class Screen {
  readonly #options: ScreenOptions
  #cancel: () => void = () => {}
  #drawn = 0

  constructor(options: ScreenOptions) {
    this.#options = options
  }

  start(): void {
    this.#draw()
    const intervalMs = this.#isLive ? liveMs : plainMs
    this.#cancel = this.#options.clock.after(intervalMs, () => this.start())
  }

  /** Leaves the last picture where it is. */
  stop(): void {
    this.#cancel()
    this.#draw()
    this.#drawn = 0
  }

  /** Says something above the block. */
  say(text: string): void {
    this.#erase()
    this.#options.out.write(`${text}\n`)
    if (this.#isLive) this.#draw()
  }

  get #isLive(): boolean {
    return this.#options.out.isTTY === true
  }

  #draw(): void {
    const { out, paint, scene } = this.#options
    if (!this.#isLive) {
      out.write(`${plainLine(scene())}\n`)
      return
    }
    this.#erase()
    const lines = block(scene(), paint).map(line => cutLine(line, out.columns))
    out.write(lines.map(line => `${line}\n`).join(''))
    this.#drawn = lines.length
  }

  /** Moves up over what was drawn and clears to the end of the screen. */
  #erase(): void {
    if (this.#drawn > 0) this.#options.out.write(`\u001b[${this.#drawn}A\u001b[J`)
    this.#drawn = 0
  }
}

function block(scene: Scene, paint: Paint): string[] {
  const { stream } = scene
  const state = stream?.state ?? 'starting'
  const shownState = paint(state === 'running' ? 'green' : 'yellow', state)
  const why = stream?.trouble === undefined ? '' : `  ${stream.trouble.sentence}: ${stream.trouble.detail}`
  const receiver = scene.isReceiving ? paint('green', 'up') : paint('red', 'down')
  return [
    '',
    `  fleet     ${grouped(scene.sent)} sent, ${grouped(scene.accepted)} in Kafka ${paint('yellow', scene.trouble)}`,
    `  stream    ${shownState}, ${grouped(stream?.accounts.delivered ?? 0)} delivered, lag ${grouped(stream?.lag ?? 0)}`,
    paint('dim', `          ${why}`),
    `  receiver  ${receiver}, ${grouped(scene.received)} messages of ${scene.devices} devices, ${grouped(scene.perSecond)}/s`,
    ''
  ]
}

function plainLine(scene: Scene): string {
  const { stream } = scene
  const why = stream?.trouble === undefined ? '' : ` (${stream.trouble.code})`
  return [
    `fleet sent ${scene.sent}`,
    `of these in Kafka ${scene.accepted}`,
    `delivered ${stream?.accounts.delivered ?? 0} with yours`,
    `lag ${stream?.lag ?? 0}`,
    `${scene.perSecond}/s`,
    `stream ${stream?.state ?? 'starting'}${why}`,
    `receiver ${scene.isReceiving ? 'up' : 'down'}`
  ].join(', ')
}
