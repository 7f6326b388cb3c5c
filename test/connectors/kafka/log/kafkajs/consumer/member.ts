// A member in a process of its own, to be killed: `node member.js BROKERS TOPIC GROUP` prints a line per assignment.

import { Recorder } from './recorder.ts'

const [brokers = '', topic = '', group = ''] = process.argv.slice(2)
const member = new Recorder({ config: { brokers: brokers.split(','), clientId: 'member' }, topic, group })
await member.start()
setInterval(() => process.stdout.write(`${JSON.stringify(member.partitions)}\n`), 50)
