// Keeps the devices of files fresh. It looks once a second and takes what has changed and then stood still until the next
// look, as the reloader of the configuration does; but since the files may be large, they are read only while the file
// system tells of a change.

import type { Clock } from '../../connectors/clock.ts'
import { FaultError } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { Rounds } from '../rounds.ts'
import { formatProblem } from '../service/config/problem.ts'
import type { DeviceTable } from './device-table.ts'
import { type FilesPlace, type GatheredFile, gather, pathOf, printOf, stampOf } from './reading/gather.ts'
import { readInTurns } from './reading/read.ts'

const intervalMs = 1_000

/** Looks that read the files although their stamp is the same: some file systems tell times only to two seconds. */
const distrustfulLooks = 3

/** Mistakes that a line of the log names; there may be one in every device. */
const maxReasons = 20

export interface FollowedFilesParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly baseFolder: string
}

export class FollowedFiles {
  readonly #place: FilesPlace
  readonly #table: DeviceTable
  readonly #parts: FollowedFilesParts
  /** The print of what was last taken or refused. */
  #judged = ''
  /** The print of what was seen with the last look, and its stamp with the number of looks that have found it the same. */
  #seen = ''
  #stamp = ''
  #looksAlike = 0
  readonly #looks: Rounds

  constructor(place: FilesPlace, table: DeviceTable, parts: FollowedFilesParts) {
    this.#place = place
    this.#table = table
    this.#parts = parts
    const { clock, log } = parts
    this.#looks = new Rounds({ clock, log, part: 'attributes', intervalMs, round: () => this.#look() })
  }

  /** Rejects with `config_invalid` when there is any mistake. */
  async open(): Promise<void> {
    const files = gather(this.#place, this.#parts.baseFolder)
    this.#judged = printOf(files)
    const { devices, problems } = await readInTurns(files)
    if (problems.length > 0)
      throw new FaultError('config_invalid', { detail: ['', ...problems.map(formatProblem)].join('\n') })
    this.#table.replace(devices)
    this.#looks.start()
  }

  /** Resolves once nothing is read any more. */
  close(): Promise<void> {
    return this.#looks.stop()
  }

  async #look(): Promise<void> {
    const { baseFolder } = this.#parts
    const stamp = await stampOf(this.#place, baseFolder)
    this.#looksAlike = stamp === this.#stamp ? this.#looksAlike + 1 : 0
    this.#stamp = stamp
    if (this.#looksAlike > distrustfulLooks || this.#looks.isStopped) return
    const files = gather(this.#place, baseFolder)
    const print = printOf(files)
    const stoodStill = print === this.#seen
    this.#seen = print
    if (stoodStill && print !== this.#judged) await this.#judge(files, print)
  }

  async #judge(files: readonly GatheredFile[], print: string): Promise<void> {
    const { log, baseFolder } = this.#parts
    const source = pathOf(this.#place, baseFolder)
    const { devices, problems } = await readInTurns(files)
    if (this.#looks.isStopped) return
    this.#judged = print
    if (problems.length === 0) {
      this.#table.replace(devices)
      log('attributes_changed', { source, devices: devices.size })
    } else {
      const reasons = problems.slice(0, maxReasons).map(formatProblem)
      log('attributes_invalid', { source, mistakes: problems.length, reasons })
    }
  }
}
