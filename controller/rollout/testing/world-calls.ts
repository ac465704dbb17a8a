/** The small cluster with HTTP services: what a test lets them answer arrives after a delay, and is lost in a crash. */

import type { JsonObject } from '../../../kube/api.ts';
import type { Call, CallAnswer } from '../calls.ts';
import type { Observed } from '../observed.ts';
import { World } from './world.ts';

export type Serve = (call: Call) => Exclude<CallAnswer, { kind: 'open' }>;

export const answered = (status: number, body?: JsonObject): ReturnType<Serve> => ({
  kind: 'response',
  status,
  type: 'application/json',
  body: body === undefined ? '' : JSON.stringify(body),
});

export const noAnswer: ReturnType<Serve> = { kind: 'none', why: 'gates.example did not answer in time' };

export class CallingWorld extends World {
  /** Every call that went out, repetitions too. */
  readonly calls: Call[] = [];
  serve: Serve = () => answered(403);
  answerMs = 100;
  private readonly sent = new WeakSet<Call>();
  private answers = new Map<string, { readonly at: number; readonly answer: CallAnswer }>();

  override observe(): Observed {
    const answers = new Map<string, CallAnswer>();
    for (const [key, { at, answer }] of this.answers) answers.set(key, at <= this.now ? answer : { kind: 'open' });
    return { ...super.observe(), answers };
  }

  override pass(): boolean {
    const moved = super.pass();
    for (const { effect } of this.writes) {
      if (effect.kind !== 'Call' || this.sent.has(effect.call)) continue;
      this.sent.add(effect.call);
      if (this.answers.has(effect.call.key)) throw new Error(`called again: ${effect.call.key}`);
      this.calls.push(effect.call);
      this.answers.set(effect.call.key, { at: this.now + this.answerMs, answer: this.serve(effect.call) });
    }
    return moved;
  }

  override nextChange(): number {
    const times = [...this.answers.values()].map(({ at }) => at).filter((at) => at > this.now);
    return Math.min(super.nextChange(), ...times);
  }

  /** The controller starts anew: it knows of no call and of no answer. */
  restart(): void {
    this.answers = new Map();
  }

  callsTo(name: string): readonly Call[] {
    return this.calls.filter(({ target }) => target.name === name);
  }
}
