// An expression, ready to be evaluated on messages: parsed and compiled once, when the configuration is read.

import type { Geofence } from '../geo/geofence.ts'
import { Compiler } from './compile.ts'
import type { Evaluate, Test } from './operators.ts'
import { parse } from './parse.ts'

export interface ExpressionOptions {
  /** What geofence("name") may name. */
  readonly geofences?: ReadonlyMap<string, Geofence>
}

export class Expression {
  readonly source: string
  /** The names of the fields that it reads of a message. */
  readonly fields: ReadonlySet<string>
  /** The names that it reads of the message before of the same device. */
  readonly remembered: ReadonlySet<string>
  /** Its value, which may be a fault. */
  readonly value: Evaluate
  /** Is it true? A fault is not. */
  readonly test: Test

  /** Throws an ExpressionError. */
  constructor(source: string, { geofences = new Map() }: ExpressionOptions = {}) {
    const compiler = new Compiler(source, geofences)
    const tree = parse(source)
    this.source = source
    this.value = compiler.value(tree)
    this.test = compiler.test(tree)
    this.fields = compiler.fields
    this.remembered = compiler.remembered
  }
}
