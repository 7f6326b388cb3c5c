// What a benchmark is, and the list of them. Each is a module that measures and returns rows; main.ts prints them.

/** One line of the result. Units stand in the names: `messagesPerSecond`, `peakRssMb`. */
export type Row = Readonly<Record<string, string | number>>

export interface BenchContext {
  /** For a person who waits; goes to standard error. */
  progress(line: string): void
}

export interface Bench {
  /** One line for --help. */
  readonly summary: string
  /** Rejects when it could not measure; a result that is merely bad is still a result. */
  run(context: BenchContext): Promise<Row[]>
}

/** By name, loaded when asked for. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  forward: async () => (await import('./forward/bench.ts')).forward,
  consume: async () => (await import('./consume/bench.ts')).consume,
  ingest: async () => (await import('./ingest/bench.ts')).ingest,
  streams: async () => (await import('./streams/bench.ts')).streamsBench,
  mqtt: async () => (await import('./mqtt/bench.ts')).mqttBench,
  pubsub: async () => (await import('./pubsub/bench.ts')).pubsubBench,
  kafka: async () => (await import('./kafka/bench.ts')).kafkaBench,
  eventhubs: async () => (await import('./eventhubs/bench.ts')).eventHubsBench,
  wialon: async () => (await import('./wialon/bench.ts')).wialonBench,
  expression: async () => (await import('./expression/bench.ts')).expressionBench,
  scan: async () => (await import('./expression/scan.ts')).scanBench,
  'fan-out': async () => (await import('./fan-out/bench.ts')).fanOut,
  filter: async () => (await import('./expression/filter.ts')).filterBench
}
