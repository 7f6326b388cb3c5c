// The syntax tree of an expression, and the table of its operators: what binds how strongly is that of C.

/** Every node begins at `at`, in UTF-16 units of the source; of an operator that is its sign. */
export type Node =
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | TextNode
  | { readonly kind: 'constant'; readonly at: number; readonly value: true | false | null }
  | FieldNode
  | { readonly kind: 'unary'; readonly at: number; readonly operator: UnaryOperator; readonly operand: Node }
  | BinaryNode
  | {
      readonly kind: 'choice'
      readonly at: number
      readonly condition: Node
      readonly whenTrue: Node
      readonly whenFalse: Node
    }
  | CallNode

/** A text in quotes: its pieces between the wildcards, of which one piece has none. */
export interface TextNode {
  readonly kind: 'text'
  readonly at: number
  readonly pieces: readonly string[]
}

/** `position.speed`, or `$position.speed`, which is null where the message has none. */
export interface FieldNode {
  readonly kind: 'field'
  readonly at: number
  readonly name: string
  readonly isOptional: boolean
}

export interface BinaryNode {
  readonly kind: 'binary'
  readonly at: number
  readonly operator: BinaryOperator
  readonly left: Node
  readonly right: Node
}

export interface CallNode {
  readonly kind: 'call'
  readonly at: number
  readonly name: string
  readonly args: readonly Node[]
}

export const unaryOperators = ['!', '-', '+', '~'] as const
export type UnaryOperator = (typeof unaryOperators)[number]

/** How strongly each binds, as in C; those of one strength are taken from left to right. */
export const strengths = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '~': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10
} as const
export type BinaryOperator = keyof typeof strengths

/** The value of a text in quotes. */
export function textOf({ pieces }: TextNode): string {
  return pieces.join('*')
}
