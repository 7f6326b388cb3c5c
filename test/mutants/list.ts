// Bugs to plant into the compiled engine, each by replacing a text that occurs once in its file. Every one of them breaks
// something that the properties promise.

export interface Mutant {
  readonly name: string
  /** Below `dist/processors/stream/`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a commit goes one too far',
    file: 'assignment/partition.js',
    find: 'next: base, metadata }',
    replace: 'next: base + 1, metadata }'
  },
  {
    name: 'a lane is in two batches',
    file: 'dispatch/dispatcher.js',
    find: "if (lane.state === 'idle')",
    replace: "if (lane.state !== 'ready')"
  },
  {
    name: 'the settled set is forgotten',
    file: 'assignment/partition.js',
    find: 'settled: tracker.ahead() }',
    replace: 'settled: [] }'
  },
  {
    name: 'a rejected message is settled before its dead letter is stored',
    file: 'settlement/dead-letters.js',
    find: 'const record = deadLetterOf(',
    replace: 'done(); done = () => {}; const record = deadLetterOf('
  },
  {
    name: 'what is ready of an older assignment is sent',
    file: 'dispatch/destination.js',
    find: 'this.#sift(lane => lane.partition.closed)',
    replace: 'this.#sift(() => false)'
  },
  {
    name: 'a message counts as delivered behind one that failed',
    file: 'dispatch/outcome/verdict.js',
    find: 'if (behind === null) {',
    replace: 'if (true) {'
  },
  {
    name: 'a device that waits gets its messages back in reverse',
    file: 'dispatch/lane.js',
    find: 'of messages.toReversed()',
    replace: 'of messages'
  },
  {
    name: 'of a batch that is halved, the second half goes first',
    file: 'dispatch/batch.js',
    find: 'const part = this.#behind.pop();',
    replace: 'const part = this.#behind.shift();'
  },
  {
    name: 'a hand-over does not wait for what is in flight',
    file: 'dispatch/in-flight.js',
    find: 'if (this.size === 0)',
    replace: 'if (true)'
  },
  {
    name: 'a hand-over does not commit',
    file: 'settlement/settlement.js',
    find: 'await this.#committer.flush(commit);',
    replace: ''
  },
  {
    name: 'a failed commit counts as done',
    file: 'settlement/committer.js',
    find: 'await this.#port.commit(entries);',
    replace: 'await this.#port.commit(entries).catch(() => {});'
  },
  {
    name: 'a message is sent again after its time to live',
    file: 'dispatch/batch-builder.js',
    find: 'if (this.#port.isExpired(message))',
    replace: 'if (false)'
  },
  {
    name: 'the window has no end',
    file: 'assignment/intake.js',
    find: 'const roomBytes = this.#port.windowBytes() - partition.bytes;',
    replace: 'const roomBytes = Infinity;'
  },
  {
    name: 'a full partition reads on never',
    file: 'assignment/intake.js',
    find: 'this.#port.resume(partition.origin);',
    replace: ''
  },
  {
    name: 'an open breaker stays open',
    file: 'dispatch/outcome/breaker.js',
    find: 'this.#halfOpened();',
    replace: ''
  },
  {
    name: 'lanes stay with a batch whose other part moved away',
    file: 'dispatch/destination.js',
    find: 'return ended;',
    replace: 'return [];'
  },
  {
    name: 'a stop leaves the commit timer running',
    file: 'settlement/settlement.js',
    find: 'this.#committer.stop();',
    replace: ''
  },
  {
    name: 'a held message is settled before it was read back',
    file: 'held/owner/owner.js',
    find: 'device.appending.set(message.offset, message);',
    replace: 'device.appending.set(message.offset, message); message.lane.partition.settle(message);'
  },
  {
    name: 'what another owner writes counts',
    file: 'held/waiting-set.js',
    find: 'return owner === null || rightful === null || owner === rightful',
    replace: 'return true'
  },
  {
    name: 'a device is sent directly although a message of it is being appended',
    file: 'held/waiting-device.js',
    find: 'this.appending.size === 0',
    replace: 'true'
  },
  {
    name: 'a partition is read before it is known who waits',
    file: 'held/held.js',
    find: 'await held?.whenKnown',
    replace: 'await null'
  }
]
