/** Which functions a condition may call, with how many arguments; everything else is refused by name before anything runs. */

export interface Signature {
  readonly min: number;
  readonly max: number;
  /** Position of the closure argument, when the function takes one. */
  readonly closure?: { readonly index: number; readonly required: boolean };
}

function plain(min: number, max = min): Signature {
  return { min, max };
}

function withClosure(min: number, max: number, required = true): Signature {
  return { min, max, closure: { index: 1, required } };
}

/** The built-ins of expr-lang 1.17, then the functions that Argo Rollouts adds. */
export const signatures: ReadonlyMap<string, Signature> = new Map([
  ['all', withClosure(2, 2)],
  ['any', withClosure(2, 2)],
  ['none', withClosure(2, 2)],
  ['one', withClosure(2, 2)],
  ['filter', withClosure(2, 2)],
  ['map', withClosure(2, 2)],
  ['find', withClosure(2, 2)],
  ['findIndex', withClosure(2, 2)],
  ['findLast', withClosure(2, 2)],
  ['findLastIndex', withClosure(2, 2)],
  ['count', withClosure(1, 2, false)],
  ['sum', withClosure(1, 2, false)],
  ['sortBy', withClosure(2, 3)],
  ['reduce', withClosure(2, 3)],
  ['groupBy', withClosure(2, 2)],
  ['len', plain(1)],
  ['type', plain(1)],
  ['abs', plain(1)],
  ['ceil', plain(1)],
  ['floor', plain(1)],
  ['round', plain(1)],
  ['int', plain(1)],
  ['float', plain(1)],
  ['string', plain(1)],
  ['max', plain(1, 100)],
  ['min', plain(1, 100)],
  ['mean', plain(1, 100)],
  ['median', plain(1, 100)],
  ['first', plain(1)],
  ['last', plain(1)],
  ['take', plain(2)],
  ['get', plain(2)],
  ['reverse', plain(1)],
  ['uniq', plain(1)],
  ['concat', plain(1, 100)],
  ['flatten', plain(1)],
  ['sort', plain(1, 2)],
  ['keys', plain(1)],
  ['values', plain(1)],
  ['toPairs', plain(1)],
  ['fromPairs', plain(1)],
  ['toJSON', plain(1)],
  ['fromJSON', plain(1)],
  ['trim', plain(1, 2)],
  ['trimPrefix', plain(1, 2)],
  ['trimSuffix', plain(1, 2)],
  ['upper', plain(1)],
  ['lower', plain(1)],
  ['split', plain(2, 3)],
  ['splitAfter', plain(2, 3)],
  ['toBase64', plain(1)],
  ['fromBase64', plain(1)],
  ['join', plain(1, 2)],
  ['replace', plain(3, 4)],
  ['repeat', plain(2)],
  ['indexOf', plain(2)],
  ['lastIndexOf', plain(2)],
  ['hasPrefix', plain(2)],
  ['hasSuffix', plain(2)],
  ['bitand', plain(2)],
  ['bitor', plain(2)],
  ['bitxor', plain(2)],
  ['bitnand', plain(2)],
  ['bitshl', plain(2)],
  ['bitshr', plain(2)],
  ['bitushr', plain(2)],
  ['bitnot', plain(1)],
  ['now', plain(0, 1)],
  ['duration', plain(1)],
  ['date', plain(1, 4)],
  ['timezone', plain(1)],
  ['asInt', plain(1)],
  ['asFloat', plain(1)],
  ['isNaN', plain(1)],
  ['isInf', plain(1)],
  ['isNil', plain(1)],
  ['default', plain(2)],
]);

/** Functions of Argo Rollouts: `::name()` means a built-in one of the language. */
export const argoFunctionNames: ReadonlySet<string> = new Set([
  'asInt',
  'asFloat',
  'isNaN',
  'isInf',
  'isNil',
  'default',
]);
