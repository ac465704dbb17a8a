/** The tree that the parser builds and the evaluator walks. */
import type { Value } from './value.ts';

export type BinaryOperator =
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '..'
  | 'and'
  | 'or'
  | '??'
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith';

export interface Closure {
  readonly body: Node;
}

export type Node = { readonly at: number } & (
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pointer'; readonly name: 'item' | 'index' | 'acc' }
  | { readonly kind: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly test: Node; readonly whenTrue: Node; readonly whenFalse: Node }
  | { readonly kind: 'member'; readonly object: Node; readonly key: Node; readonly optional: boolean }
  | { readonly kind: 'chain'; readonly body: Node }
  | { readonly kind: 'slice'; readonly object: Node; readonly from?: Node; readonly to?: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[]; readonly closure?: Closure }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: Node; readonly value: Node }[] }
  /** `$env`: all names that the condition was given. */
  | { readonly kind: 'env' }
  | {
      readonly kind: 'method';
      readonly object: Node;
      readonly name: string;
      readonly args: readonly Node[];
      readonly optional: boolean;
    }
  /** Evaluated in order; the last one is the value. */
  | { readonly kind: 'sequence'; readonly items: readonly Node[]; readonly last: Node }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node }
);
