// Whatever a device says, damaged packets above all: it hears an answer of the protocol or is hung up on, and what is
// appended is a message of its own. TAILRACE_FUZZ_SEED replays it, TAILRACE_FUZZ_INPUTS says how many are drawn.

import test from 'ava'
import { Value } from 'typebox/value'
import type { Broken, Incoming, SourceEnv } from '../../../../connectors/connector.ts'
import { ByteBudget } from '../../../../connectors/shared/byte-budget.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { LineReader } from '../../../../connectors/wialon-ips/codec/line-reader.ts'
import { loginPacket } from '../../../../connectors/wialon-ips/codec/login.ts'
import { Conversation } from '../../../../connectors/wialon-ips/source/conversation.ts'
import { wialonIpsFeed } from '../../../../connectors/wialon-ips/source/feed.ts'
import { KeptRecords } from '../../../../connectors/wialon-ips/source/kept.ts'
import { Records } from '../../../../connectors/wialon-ips/source/records.ts'
import { wialonIpsSourceSchema } from '../../../../connectors/wialon-ips/source-config.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { seeded } from '../../../seeded.ts'
import { cutAtRandom, mutated } from '../codec/generate.ts'

const inputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_FUZZ_SEED ?? Date.now() % 1_000_000)
const ident = '353976013445485'
const answer = /^#(AL#(0|1|01|10)|ASD#(-1|0|1|1[0-3])|AD#(-1|0|1|1[0-6])|AB#\d*|AP#)\r\n$/

const clock = new VirtualClock()
const config = Value.Parse(wialonIpsSourceSchema, Value.Default(wialonIpsSourceSchema, {}))

const env: SourceEnv = {
  clock,
  log: () => {},
  meter: { accepted: () => {}, refused: () => {} },
  budget: new ByteBudget(1 << 20, clock),
  listen: { host: '127.0.0.1', port: 0 }
}

/** What came of an input. */
class Case {
  readonly answers: string[] = []
  readonly stored: Incoming[] = []
  readonly aside: Broken[] = []
  refused = 0
  readonly #conversation: Conversation

  constructor() {
    const append = async (messages: readonly Incoming[]) => void this.stored.push(...messages)
    const setAside = async (broken: readonly Broken[]) => void this.aside.push(...broken)
    const door = { feed: wialonIpsFeed({ channel: 'fleet', config, append, setAside }) }
    const refused = () => void this.refused++
    const records = new Records({ env, door, from: 'here', kept: new KeptRecords(), refused })
    const answer = async (text: string) => void this.answers.push(text)
    this.#conversation = new Conversation({ door, records, refused, answer })
  }

  /** False when it is hung up. */
  async hear(line: Buffer): Promise<boolean> {
    try {
      return await this.#conversation.hear(line)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      this.refused++
      return false
    }
  }

  async take(chunks: readonly Buffer[]): Promise<void> {
    const reader = new LineReader(100_000)
    for (const chunk of chunks) {
      reader.push(chunk)
      for (let line = reader.next(); line !== null; line = reader.next())
        if (typeof line === 'string' || !(await this.hear(line.bytes()))) return
    }
  }

  /** What should not be; null when all is well. */
  get problem(): string | null {
    const odd = this.answers.find(text => !answer.test(text))
    if (odd !== undefined) return `it heard ${odd}`
    for (const { key, value } of this.stored) {
      const message = JSON.parse(value.toString())
      if (message.ident !== key.toString() || typeof message.timestamp !== 'number')
        return `stored was ${value}`
    }
    const taken = this.answers.filter(text => /^#A(SD|D)#1\r/.test(text)).length
    const boxed = this.answers.reduce((sum, text) => sum + Number(/^#AB#(\d+)/.exec(text)?.[1] ?? 0), 0)
    const boxes = this.aside.filter(({ bytes }) => bytes.toString('latin1', 0, 3) === '#B#')
    const kept = boxes.reduce((sum, { detail }) => sum + Number(/^\d+/.exec(detail)), 0)
    // A single one that comes again is accepted, since it is kept.
    const stored = this.stored.length + kept
    return taken + boxed >= stored && taken + boxed <= stored + this.aside.length - boxes.length
      ? null
      : `${taken + boxed} confirmed, ${stored} stored`
  }
}

test('damaged packets are answered, refused or hung up on, and nothing odd is stored', async t => {
  const random = seeded(seed)
  let stored = 0
  let refused = 0
  for (let run = 0; run < inputs; run++) {
    const one = new Case()
    if (random() < 0.9) await one.hear(Buffer.from(loginPacket('2.0', ident, null).trimEnd()))
    const bytes = mutated(random)
    try {
      await one.take(cutAtRandom(bytes, random))
    } catch (error) {
      return t.fail(`seed ${seed}, run ${run}: ${JSON.stringify(bytes.toString('latin1'))}: ${error}`)
    }
    if (one.problem !== null)
      return t.fail(`seed ${seed}, run ${run}: ${JSON.stringify(bytes.toString('latin1'))}: ${one.problem}`)
    stored += one.stored.length
    refused += one.refused
  }
  t.true(stored > inputs / 4 && refused > inputs / 20, `${stored} stored, ${refused} refused`)
  t.log(`${stored} stored, ${refused} refused`)
})
