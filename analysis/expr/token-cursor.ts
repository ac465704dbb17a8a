/** A place in the tokens of a condition: what stands there, and going on past it. */
import type { Token } from './lexer.ts';
import { ExprError } from './value.ts';

export class TokenCursor {
  protected readonly tokens: readonly Token[];
  protected position = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  protected atEnd(): boolean {
    return this.current.kind === 'end';
  }

  protected get current(): Token {
    return this.tokens[this.position] ?? { kind: 'end', text: 'end of expression', at: 0 };
  }

  protected is(text: string): boolean {
    const token = this.current;
    return (token.kind === 'operator' || token.kind === 'bracket') && token.text === text;
  }

  protected take(): Token {
    const token = this.current;
    this.position += 1;
    return token;
  }

  protected accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.position += 1;
    return true;
  }

  protected expect(text: string): void {
    if (!this.accept(text)) throw new ExprError(`expected "${text}" but found ${this.currentText()}`, this.current.at);
  }

  protected currentText(): string {
    const { kind, text } = this.current;
    return kind === 'end' ? text : JSON.stringify(text);
  }

  protected unexpected(): ExprError {
    const { text, at, kind } = this.current;
    if (kind === 'operator' && text === '=') return new ExprError('"=" is no operator; compare with "=="', at);
    return new ExprError(`unexpected ${this.currentText()}`, at);
  }
}
