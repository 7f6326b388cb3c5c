// The ingest benchmark as `npm run bench -- ingest` runs it.

import type { Bench } from '../bench.ts'
import { withKafka } from '../kafka.ts'
import { benchIngest } from './ingest.ts'

export const ingest: Bench = {
  summary: 'one-message POSTs from many connections, beside a handler that awaits one send per request',
  run: context =>
    withKafka(context, async brokers => {
      context.progress('sending one-message POSTs from 64 and 256 connections, three rounds each')
      const load = { connections: [64, 256], messages: 30_000, rounds: 3, partitions: 6 }
      const rows = await benchIngest({ brokers, ...load })
      return rows.map(row => ({ ...row }))
    })
}
