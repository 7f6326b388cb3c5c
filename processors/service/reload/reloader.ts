// Watches the files of the configuration and has every change applied, or refused as a whole. It looks at what is in
// them, once a second, and waits until that stands still: so it makes no difference whether an editor writes a file or
// replaces it, or Kubernetes swaps the links of a mounted ConfigMap or Secret, of which no notice comes on every system.

import { type Clock, every } from '../../../connectors/clock.ts'
import type { Registry } from '../../../connectors/registry.ts'
import type { Mask } from '../../../connectors/shared/mask.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import { allProblems } from '../config/connectors.ts'
import { readConfig, type ValidConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { FileSet } from '../config/reading/file-set.ts'
import type { Generation } from './generation.ts'
import { isEmpty, type Plan } from './plan.ts'

const intervalMs = 1_000

export interface ReloaderParts {
  /** Of the configuration. */
  readonly path: string
  readonly registry: Registry
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the configuration in force was read from. */
  readonly files: FileSet
  /** Of the process. */
  readonly mask: Mask
  readonly clock: Clock
  readonly log: LogEvent
  readonly service: {
    reload(next: ValidConfig): Promise<Plan>
    readonly generation: Pick<Generation, 'refuse'>
  }
}

export class Reloader {
  readonly #parts: ReloaderParts
  #files: FileSet
  /** The print that the files had when they were last looked at. */
  #seen: string
  /** Whether it is to be read again although nothing has changed. */
  #isAsked = false
  #looking: Promise<void> | null = null
  #cancel: () => void = () => {}
  #state: 'waiting' | 'started' | 'stopped' = 'waiting'

  constructor(parts: ReloaderParts) {
    this.#parts = parts
    this.#files = parts.files
    this.#seen = parts.files.print
  }

  /** The service runs: changes can be applied from now on. `watches`: also those that nobody asked for. */
  start({ watches }: { readonly watches: boolean }): void {
    if (this.#state !== 'waiting') return
    this.#state = 'started'
    const looks = () => watches || this.#isAsked
    this.#cancel = every(this.#parts.clock, intervalMs, () => {
      if (looks()) void this.#lookInTurn()
    })
  }

  /** Reads the configuration now, changed or not. Resolves when it was applied or refused; before start(), at once. */
  async now(): Promise<void> {
    this.#isAsked = true
    while (this.#looking !== null) await this.#looking
    if (this.#isAsked) await this.#lookInTurn()
  }

  /** Lets a change that is being applied be applied. */
  stop(): void {
    this.#state = 'stopped'
    this.#cancel()
  }

  async #lookInTurn(): Promise<void> {
    if (this.#looking !== null || this.#state !== 'started') return
    this.#looking = this.#look().finally(() => {
      this.#looking = null
    })
    await this.#looking
  }

  async #look(): Promise<void> {
    const print = await this.#files.printNow()
    const isChanged = print !== this.#files.print && print === this.#seen
    this.#seen = print
    if ((isChanged || this.#isAsked) && this.#state === 'started') await this.#reload()
  }

  async #reload(): Promise<void> {
    const { log, mask, service } = this.#parts
    this.#isAsked = false
    try {
      const plan = await service.reload(await this.#read())
      if (isEmpty(plan)) log('config_unchanged')
      else log('config_applied', told(plan))
    } catch (error) {
      // Kafka comes back by itself; everything else takes a person, who changes the files.
      this.#isAsked = error instanceof FaultError && error.code === 'kafka_unreachable'
      const reasons = mask.apply(messageOf(error)).split('\n')
      if (service.generation.refuse(reasons)) log('config_refused', { reasons })
    }
  }

  /** Throws `config_invalid` with one line for each mistake, or `config_unreadable`. */
  async #read(): Promise<ValidConfig> {
    const { path, registry, env, mask } = this.#parts
    this.#files = new FileSet()
    const loaded = readConfig(path, { registry, env, files: this.#files })
    if (loaded.kind === 'valid') mask.learn(loaded.mask)
    const problems = await allProblems(loaded, registry)
    if (loaded.kind === 'valid' && problems.length === 0) return loaded
    throw new FaultError('config_invalid', { detail: ['', ...problems.map(formatProblem)].join('\n') })
  }
}

/** The streams by what becomes of them, as far as they do not just go on. */
function told({ streams, channels, immediate }: Plan): Readonly<Record<string, unknown>> {
  const of = (action: string) => streams.filter(one => one.action === action)
  const restarted = of('restart').map(({ stream, because }) => [stream, because.join(', ')])
  return {
    started: of('start').map(({ stream }) => stream),
    stopped: of('stop').map(({ stream }) => stream),
    restarted: Object.fromEntries(restarted),
    kept: of('keep').length,
    ...(channels.length > 0 && { channels: channels.map(({ channel, action }) => `${channel}: ${action}`) }),
    ...(immediate.length > 0 && { immediate })
  }
}
