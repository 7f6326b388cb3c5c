// Who evaluates the filter: ours, what a person would write by hand, and the implementations of CEL. Each compiles it
// once and gets the messages in the form that suits it best; making that form is never measured. A missing field is a
// fault to CEL, which costs an exception or an error object: the guarded candidates ask for the field first.

import { celEnv, parse as parseCel, plan } from '@bufbuild/cel'
import { Environment } from '@marcbachmann/cel-js'
import { evaluate as evaluateCelJs, parse as parseCelJs } from 'cel-js'
import { Expression } from '../../../processors/expression/expression.ts'
import type { Scope } from '../../../processors/expression/values.ts'
import { type Message, nested } from './messages.ts'
import { others } from './others.ts'

/** One candidate and the messages, ready to go. */
export interface Run {
  /** Once through all messages: how many pass. */
  hits(): number
  /** `1` or `0` for each message. */
  verdicts(): string
}

export interface Candidate {
  /** Messages as they are decoded from Kafka, or a form that would have to be made first. */
  readonly input: 'flat' | 'nested'
  readonly expression: string
  prepare(messages: readonly Message[], expression: string): Run
}

function over<Input>(inputs: readonly Input[], test: (input: Input) => boolean): Run {
  return {
    hits() {
      let hits = 0
      for (const input of inputs) if (test(input)) hits++
      return hits
    },
    verdicts: () => inputs.map(input => (test(input) ? '1' : '0')).join('')
  }
}

/** Passes of each other expression before ours is compiled: enough for all to be optimised. */
const passesOfOthers = 200

function ours(messages: readonly Message[], source: string): Run {
  const runOf = (expression: Expression) => {
    const scope: Scope = { fields: {}, previous: null, nowMs: Date.now() }
    return over(messages, message => {
      scope.fields = message
      return expression.test(scope)
    })
  }
  const before = others.map(other => runOf(new Expression(other)))
  for (let pass = 0; pass < passesOfOthers; pass++) for (const run of before) run.hits()
  const expression = new Expression(source)
  const scope: Scope = { fields: {}, previous: null, nowMs: Date.now() }
  // A loop of its own, as the other candidates have: what the others share are the closures of the language.
  const hits = () => {
    let count = 0
    for (const message of messages) {
      scope.fields = message
      if (expression.test(scope)) count++
    }
    return count
  }
  return { hits, verdicts: runOf(expression).verdicts }
}

function handWritten(messages: readonly Message[]): Run {
  return over(messages, message => {
    const speed = message['position.speed']
    return typeof speed === 'number' && speed > 60 && message['position.latitude'] !== undefined
  })
}

/** It throws what goes wrong. */
function orFalse<Input>(evaluate: (input: Input) => unknown): (input: Input) => boolean {
  return input => {
    try {
      return evaluate(input) === true
    } catch {
      return false
    }
  }
}

/** Its parser gives a tree, which every evaluation walks. */
function celJs(messages: readonly Message[], source: string): Run {
  const parsed = parseCelJs(source)
  if (!parsed.isSuccess) throw new Error(parsed.errors.join())
  const { cst } = parsed
  return over(
    messages.map(nested),
    orFalse(message => evaluateCelJs(cst, message))
  )
}

/** A message is a map of anything: one of numbers alone would be twice as fast, but no message is such a map. */
function marcbachmannFlat(messages: readonly Message[], source: string): Run {
  const evaluate = new Environment().registerVariable('m', 'map').parse(source)
  return over(
    messages.map(m => ({ m })),
    orFalse(evaluate)
  )
}

function marcbachmannNested(messages: readonly Message[], source: string): Run {
  const evaluate = new Environment({ unlistedVariablesAreDyn: true }).parse(source)
  return over(messages.map(nested), orFalse(evaluate))
}

/** Finds dotted names by itself. Only `in` needs the message as a map; it returns what goes wrong. */
function bufbuild(messages: readonly Message[], source: string): Run {
  const evaluate = plan(celEnv(), parseCel(source))
  return over(
    messages.map(message => ({ ...message, m: new Map(Object.entries(message)) })),
    // A message holds JSON, all of which is input to CEL.
    message => evaluate(message as Parameters<typeof evaluate>[0]) === true
  )
}

export const filter = 'position.speed > 60 && exists("position.latitude")'
const inMap = 'm["position.speed"] > 60.0 && "position.latitude" in m'
const inNested = 'position.speed > 60.0 && has(position.latitude)'
const dotted = 'position.speed > 60.0 && "position.latitude" in m'
const guardMap = '"position.speed" in m && '
const guardNested = 'has(position.speed) && '

export const candidates: Readonly<Record<string, Candidate>> = {
  tailrace: { input: 'flat', expression: filter, prepare: ours },
  'written by hand': { input: 'flat', expression: filter, prepare: handWritten },
  '@bufbuild/cel': { input: 'flat', expression: dotted, prepare: bufbuild },
  '@bufbuild/cel, guarded': { input: 'flat', expression: guardMap + dotted, prepare: bufbuild },
  'cel-js': { input: 'nested', expression: inNested, prepare: celJs },
  'cel-js, guarded': { input: 'nested', expression: guardNested + inNested, prepare: celJs },
  '@marcbachmann/cel-js': { input: 'flat', expression: inMap, prepare: marcbachmannFlat },
  '@marcbachmann/cel-js, guarded': {
    input: 'flat',
    expression: guardMap + inMap,
    prepare: marcbachmannFlat
  },
  '@marcbachmann/cel-js, nested': { input: 'nested', expression: inNested, prepare: marcbachmannNested },
  '@marcbachmann/cel-js, nested, guarded': {
    input: 'nested',
    expression: guardNested + inNested,
    prepare: marcbachmannNested
  }
}
