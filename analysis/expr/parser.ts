/** Builds the tree of a condition with the precedences of expr-lang; whatever is not supported is refused here, by name. */
import { argoFunctionNames, signatures } from './functions.ts';
import { type Token, tokens } from './lexer.ts';
import { asFloatLiteral, checkPattern, intLiteral, takesFloat } from './literals.ts';
import { comparisons, negatable, precedences, synonyms, unaryPrecedences } from './precedence.ts';
import type { BinaryOperator, Node } from './syntax.ts';
import { methodNames } from './time-methods.ts';
import { TokenCursor } from './token-cursor.ts';
import { ExprError } from './value.ts';

const maxDepth = 100;
const maxNodes = 2000;

/** Parses a condition; `names` are the variables it may read. Throws ExprError with the offset of the mistake. */
export function parse(source: string, names: ReadonlySet<string>): Node {
  return new Parser(tokens(source), names).parseAll();
}

class Parser extends TokenCursor {
  private readonly names: ReadonlySet<string>;
  private readonly locals: string[] = [];
  private depth = 0;
  private nodes = 0;
  private closures = 0;

  constructor(all: readonly Token[], names: ReadonlySet<string>) {
    super(all);
    this.names = names;
  }

  parseAll(): Node {
    if (this.atEnd()) throw new ExprError('the expression is empty', 0);
    const root = this.sequence();
    if (!this.atEnd()) throw this.unexpected();
    return root;
  }

  private node(node: Node): Node {
    this.nodes += 1;
    if (this.nodes > maxNodes) throw new ExprError(`the expression has more than ${maxNodes} parts`, node.at);
    return node;
  }

  /** Expressions parted by `;`, of which the last one is the value; one `;` may stand at the end. */
  private sequence(): Node {
    const first = this.expression(0);
    const items: Node[] = [first];
    while (this.accept(';')) {
      if (this.atEnd() || this.is(')') || this.is('}')) break;
      items.push(this.expression(0));
    }
    const last = items.pop() ?? first;
    return items.length === 0 ? last : this.node({ kind: 'sequence', items, last, at: first.at });
  }

  private expression(precedence: number): Node {
    this.depth += 1;
    if (this.depth > maxDepth) {
      throw new ExprError(`the expression is nested deeper than ${maxDepth} levels`, this.current.at);
    }
    const node = this.expressionBody(precedence);
    this.depth -= 1;
    return node;
  }

  private expressionBody(precedence: number): Node {
    if (precedence === 0 && this.is('let')) return this.letBinding();
    if (precedence === 0 && this.is('if')) return this.ifElse();
    const left = this.binaries(this.primary(), precedence);
    return precedence === 0 ? this.ternary(left) : left;
  }

  /** Takes operators as long as they bind at least as tightly as asked. */
  private binaries(first: Node, precedence: number): Node {
    let left = first;
    let previous = '';
    for (;;) {
      const found = this.operatorAhead(precedence);
      if (found === undefined) return left;
      const { operator, negated } = found;
      if (previous === '??' && operator.text !== '??' && operator.text !== '|') {
        throw new ExprError(`"??" and "${operator.text}" can't be mixed without parentheses`, operator.at);
      }
      if (operator.text === '|') left = this.pipe(left);
      else if (comparisons.has(operator.text)) left = this.comparison(left, operator);
      else left = this.binary(left, operator, negated);
      previous = operator.text;
    }
  }

  private operatorAhead(precedence: number): { readonly operator: Token; readonly negated: boolean } | undefined {
    const start = this.position;
    const negated = this.accept('not');
    const operator = this.current;
    if (negated && (operator.kind !== 'operator' || !negatable.has(operator.text))) {
      throw new ExprError(`"not" must be followed by in, matches, contains, startsWith or endsWith here`, operator.at);
    }
    const binds = operator.kind === 'operator' ? precedences.get(operator.text) : undefined;
    if (binds === undefined || binds < precedence) {
      this.position = start;
      return undefined;
    }
    this.position += 1;
    return { operator, negated };
  }

  private binary(left: Node, operator: Token, negated: boolean): Node {
    const own = precedences.get(operator.text) ?? 0;
    const rightGrouping = operator.text === '**' || operator.text === '^';
    const right = this.expression(rightGrouping ? own : own + 1);
    const name = synonyms[operator.text] ?? (operator.text as BinaryOperator);
    if (name === 'matches') checkPattern(right);
    const node = this.node({ kind: 'binary', operator: name, left, right, at: operator.at });
    return negated ? this.node({ kind: 'unary', operator: 'not', operand: node, at: operator.at }) : node;
  }

  /** `1 < x < 3` means `1 < x and x < 3`. */
  private comparison(first: Node, operator: Token): Node {
    let left = first;
    let sign = operator;
    let chain: Node | undefined;
    for (;;) {
      const right = this.expression(21);
      const one = this.node({ kind: 'binary', operator: sign.text as BinaryOperator, left, right, at: sign.at });
      chain =
        chain === undefined
          ? one
          : this.node({ kind: 'binary', operator: 'and', left: chain, right: one, at: sign.at });
      if (this.current.kind !== 'operator' || !comparisons.has(this.current.text)) return chain;
      left = right;
      sign = this.take();
    }
  }

  private pipe(left: Node): Node {
    const name = this.take();
    if (name.kind !== 'name') throw new ExprError('"|" must be followed by a function call', name.at);
    return this.postfix(this.call(name, [left]));
  }

  private ternary(test: Node): Node {
    let node = test;
    while (this.is('?')) {
      const { at } = this.take();
      const whenTrue = this.is(':') ? node : this.expression(0);
      this.expect(':');
      node = this.node({ kind: 'choice', test: node, whenTrue, whenFalse: this.expression(0), at });
    }
    return node;
  }

  private letBinding(): Node {
    const { at } = this.take();
    const name = this.take();
    if (name.kind !== 'name') throw new ExprError('"let" must be followed by a name', name.at);
    if (this.isTaken(name.text)) throw new ExprError(`the name ${JSON.stringify(name.text)} is taken already`, name.at);
    this.expect('=');
    const value = this.expression(0);
    this.expect(';');
    this.locals.push(name.text);
    const body = this.sequence();
    this.locals.pop();
    return this.node({ kind: 'let', name: name.text, value, body, at });
  }

  private isTaken(name: string): boolean {
    return this.names.has(name) || this.locals.includes(name) || signatures.has(name);
  }

  private ifElse(): Node {
    const { at } = this.take();
    const test = this.expression(0);
    const whenTrue = this.block();
    this.expect('else');
    const whenFalse = this.is('if') ? this.ifElse() : this.block();
    return this.node({ kind: 'choice', test, whenTrue, whenFalse, at });
  }

  private block(): Node {
    this.expect('{');
    const body = this.sequence();
    this.expect('}');
    return body;
  }

  private primary(): Node {
    const token = this.current;
    const unary = token.kind === 'operator' ? unaryPrecedences.get(token.text) : undefined;
    if (unary !== undefined) {
      this.position += 1;
      const operand = this.expression(unary);
      const operator = token.text === '-' || token.text === '+' ? token.text : 'not';
      return this.postfix(this.node({ kind: 'unary', operator, operand, at: token.at }));
    }
    if (this.accept('(')) {
      const inner = this.sequence();
      this.expect(')');
      return this.postfix(inner);
    }
    if (this.is('#') || (this.is('.') && this.closures > 0)) return this.postfix(this.pointer());
    return this.postfix(this.secondary());
  }

  /** `#`, `#index`, `#acc`; a leading `.field` leaves the dot for `postfix` to read. */
  private pointer(): Node {
    const { at, text } = this.current;
    if (this.closures === 0)
      throw new ExprError('"#" has a meaning only inside a closure such as all(result, # < 1)', at);
    if (text === '.') return this.node({ kind: 'pointer', name: 'item', at });
    this.position += 1;
    const named = this.current;
    const glued = named.kind === 'name' && named.at === at + 1;
    if (!glued) return this.node({ kind: 'pointer', name: 'item', at });
    if (named.text !== 'index' && named.text !== 'acc') throw new ExprError(`unknown pointer #${named.text}`, at);
    this.position += 1;
    return this.node({ kind: 'pointer', name: named.text, at });
  }

  private secondary(): Node {
    const token = this.take();
    const { at } = token;
    if (token.kind === 'string') return this.node({ kind: 'literal', value: token.text, at });
    if (token.kind === 'float') return this.node({ kind: 'literal', value: Number(token.text), at });
    if (token.kind === 'int') return this.node({ kind: 'literal', value: intLiteral(token), at });
    if (token.kind === 'name') return this.nameOrCall(token);
    if (token.kind === 'operator' && token.text === '::') return this.builtinCall();
    if (token.kind === 'bracket' && token.text === '[') return this.list(at);
    if (token.kind === 'bracket' && token.text === '{') return this.map(at);
    this.position -= 1;
    throw this.unexpected();
  }

  /** `::name(...)` is the function of the language itself, whatever else has the name. */
  private builtinCall(): Node {
    const name = this.take();
    if (name.kind !== 'name' || argoFunctionNames.has(name.text))
      throw new ExprError('"::" must be followed by a function of the language', name.at);
    return this.call(name, []);
  }

  /** All names as a map; a name that is written out must be one of them. */
  private environment(at: number): Node {
    const [dot, key, end] = [this.current, this.tokens[this.position + 1], this.tokens[this.position + 2]];
    const isField = dot.kind === 'operator' && dot.text === '.' && key?.kind === 'name';
    const isIndex = dot.kind === 'bracket' && dot.text === '[' && key?.kind === 'string' && end?.text === ']';
    if (key !== undefined && (isField || isIndex) && !this.names.has(key.text)) throw this.unknownName(key);
    return this.node({ kind: 'env', at });
  }

  private unknownName({ text, at }: Token): ExprError {
    const known = [...this.names, ...this.locals].join(', ');
    return new ExprError(`unknown name ${JSON.stringify(text)}; a condition knows ${known}`, at);
  }

  private nameOrCall(token: Token): Node {
    const { text, at } = token;
    if (text === 'true' || text === 'false') return this.node({ kind: 'literal', value: text === 'true', at });
    if (text === 'nil') return this.node({ kind: 'literal', value: null, at });
    if (this.is('(')) return this.call(token, []);
    if (text === '$env') return this.environment(at);
    if (this.names.has(text) || this.locals.includes(text)) return this.node({ kind: 'name', name: text, at });
    if (signatures.has(text)) throw new ExprError(`${text} is a function: write ${text}(...)`, at);
    throw this.unknownName(token);
  }

  private call(name: Token, given: readonly Node[]): Node {
    const signature = signatures.get(name.text);
    if (signature === undefined) throw new ExprError(`the function ${name.text}() is unknown`, name.at);
    this.expect('(');
    const args = [...given];
    let body: Node | undefined;
    while (!this.is(')')) {
      if (signature.closure?.index === args.length && body === undefined) body = this.closure();
      else args.push(this.expression(0));
      if (!this.accept(',')) break;
    }
    this.expect(')');
    const count = args.length + (body === undefined ? 0 : 1);
    if (count < signature.min || count > signature.max) {
      const wanted = signature.min === signature.max ? `${signature.min}` : `${signature.min} to ${signature.max}`;
      throw new ExprError(`${name.text}() takes ${wanted} arguments, not ${count}`, name.at);
    }
    const closure = body === undefined ? {} : { closure: { body } };
    const typed = takesFloat.has(name.text) ? args.map(asFloatLiteral) : args;
    return this.node({ kind: 'call', name: name.text, args: typed, ...closure, at: name.at });
  }

  private closure(): Node {
    this.closures += 1;
    const body = this.is('{') ? this.block() : this.expression(0);
    this.closures -= 1;
    return body;
  }

  private list(at: number): Node {
    const items: Node[] = [];
    while (!this.is(']')) {
      items.push(this.expression(0));
      if (!this.accept(',')) break;
    }
    this.expect(']');
    return this.node({ kind: 'list', items, at });
  }

  private map(at: number): Node {
    const entries: { key: Node; value: Node }[] = [];
    while (!this.is('}')) {
      const key = this.mapKey();
      this.expect(':');
      entries.push({ key, value: this.expression(0) });
      if (!this.accept(',')) break;
    }
    this.expect('}');
    return this.node({ kind: 'map', entries, at });
  }

  private mapKey(): Node {
    const token = this.take();
    if (token.kind === 'bracket' && token.text === '(') {
      const key = this.expression(0);
      this.expect(')');
      return key;
    }
    if (token.kind === 'name' || token.kind === 'string' || token.kind === 'int' || token.kind === 'float') {
      return this.node({ kind: 'literal', value: token.text, at: token.at });
    }
    throw new ExprError('a map key must be a name, a text, a number or an expression in parentheses', token.at);
  }

  /** Member access, indexes and slices after a value. `?.` makes the rest of the chain nil when its object is nil. */
  private postfix(start: Node): Node {
    let node = start;
    let chained = false;
    for (;;) {
      const { at } = this.current;
      const optional = this.accept('?.');
      chained ||= optional;
      if (this.accept('[')) node = this.indexOrSlice(node, at, optional);
      else if (optional || this.accept('.')) node = this.field(node, at, optional);
      else break;
    }
    return chained ? this.node({ kind: 'chain', body: node, at: start.at }) : node;
  }

  private field(object: Node, at: number, optional: boolean): Node {
    const name = this.take();
    const isName = name.kind === 'name' || (name.kind === 'operator' && /^[A-Za-z]+$/.test(name.text));
    if (!isName) throw new ExprError('"." must be followed by a name', name.at);
    if (this.is('(')) return this.method(object, name, optional);
    const key = this.node({ kind: 'literal', value: name.text, at: name.at });
    return this.node({ kind: 'member', object, key, optional, at });
  }

  /** Only values of time have methods. */
  private method(object: Node, name: Token, optional: boolean): Node {
    if (!methodNames.has(name.text))
      throw new ExprError(`the method .${name.text}() is unknown; only times and durations have methods`, name.at);
    this.expect('(');
    const args: Node[] = [];
    while (!this.is(')')) {
      args.push(this.expression(0));
      if (!this.accept(',')) break;
    }
    this.expect(')');
    return this.node({ kind: 'method', object, name: name.text, args, optional, at: name.at });
  }

  private indexOrSlice(object: Node, at: number, optional: boolean): Node {
    const from = this.is(':') ? undefined : this.expression(0);
    if (!this.accept(':')) {
      this.expect(']');
      if (from === undefined) throw this.unexpected();
      return this.node({ kind: 'member', object, key: from, optional, at });
    }
    const to = this.is(']') ? undefined : this.expression(0);
    this.expect(']');
    return this.node({ kind: 'slice', object, ...(from ? { from } : {}), ...(to ? { to } : {}), at });
  }
}
