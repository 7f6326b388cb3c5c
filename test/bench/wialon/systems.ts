// Tailrace as `tailrace run` runs it, and a loop over one socket that writes a packet and waits for its answer. Both make
// their packets with the same code.

import { once } from 'node:events'
import net from 'node:net'
import { Value } from 'typebox/value'
import { reportOf } from '../../../connectors/shared/wialon/from-message.ts'
import { FieldRules, fieldRulesSchema } from '../../../connectors/shared/wialon/rules.ts'
import { nameLimits, packetOf } from '../../../connectors/wialon/packet/mapping.ts'
import { PacketWriter } from '../../../connectors/wialon/packet/packet-writer.ts'
import { wialonTargetSchema } from '../../../connectors/wialon/target-config.ts'
import type { PlainOptions } from '../against-plain.ts'
import { streamTo } from '../config.ts'
import { consumeEach } from '../plain-consumer.ts'
import { forwardAll } from '../service.ts'
import type { RunSystem } from '../stopwatch.ts'

function addressOf({ receiver }: PlainOptions): { host: string; port: number } {
  const [host = '', port] = receiver.split(':')
  return { host, port: Number(port) }
}

const tailrace: RunSystem<PlainOptions> = (options, stopwatch) => {
  const wialon = Value.Default(wialonTargetSchema, addressOf(options))
  return forwardAll({ ...options, stream: streamTo(options.topic, { wialon }) }, stopwatch)
}

const plain: RunSystem<PlainOptions> = async (options, stopwatch) => {
  const rules = new FieldRules(Value.Parse(fieldRulesSchema, Value.Default(fieldRulesSchema, {})), nameLimits)
  const socket = net.connect({ ...addressOf(options), noDelay: true })
  await once(socket, 'connect')
  const writer = new PacketWriter()
  let answered = () => {}
  socket.on('data', () => answered())
  const measured = await consumeEach(options, stopwatch, value => {
    const report = reportOf(value, rules)
    const packet = 'reason' in report ? report : packetOf(report)
    if ('reason' in packet) throw new Error(packet.reason)
    writer.add(packet)
    socket.write(writer.take())
    return new Promise<void>(resolve => {
      answered = resolve
    })
  })
  socket.destroy()
  return measured
}

export const systems = { tailrace, plain }
