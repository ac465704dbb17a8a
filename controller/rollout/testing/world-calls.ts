/** The small cluster with HTTP services: what a test lets them answer arrives after a delay, and is lost in a crash. */

import type { JsonObject } from '../../../kube/api.ts';
import type { Call, CallAnswer } from '../calls.ts';
import type { Observed } from '../observed.ts';
import { BlueGreenWorld } from './blue-green-world.ts';
import { World, type Write } from './world.ts';

export type Serve = (call: Call) => Exclude<CallAnswer, { kind: 'open' }>;

export const answered = (status: number, body?: JsonObject): ReturnType<Serve> => ({
  kind: 'response',
  status,
  type: 'application/json',
  body: body === undefined ? '' : JSON.stringify(body),
});

export const noAnswer: ReturnType<Serve> = { kind: 'none', why: 'gates.example did not answer in time' };

/** The services, and what the controller has of their answers. */
class Services {
  /** Every call that went out, repetitions too. */
  readonly calls: Call[] = [];
  serve: Serve = () => answered(403);
  answerMs = 100;
  private readonly sent = new WeakSet<Call>();
  private known = new Map<string, { readonly at: number; readonly answer: CallAnswer }>();

  answers(now: number): Map<string, CallAnswer> {
    const entries = [...this.known].map(
      ([key, { at, answer }]) => [key, at <= now ? answer : ({ kind: 'open' } as const)] as const,
    );
    return new Map(entries);
  }

  take(writes: readonly Write[], now: number): void {
    for (const { effect } of writes) {
      if (effect.kind !== 'Call' || this.sent.has(effect.call)) continue;
      this.sent.add(effect.call);
      if (this.known.has(effect.call.key)) throw new Error(`called again: ${effect.call.key}`);
      this.calls.push(effect.call);
      this.known.set(effect.call.key, { at: now + this.answerMs, answer: this.serve(effect.call) });
    }
  }

  nextAt(now: number): number {
    return Math.min(...[...this.known.values()].map(({ at }) => at).filter((at) => at > now));
  }

  forget(): void {
    this.known = new Map();
  }
}

export class CallingWorld extends World {
  private readonly http = new Services();

  get calls(): readonly Call[] {
    return this.http.calls;
  }

  set serve(serve: Serve) {
    this.http.serve = serve;
  }

  override observe(): Observed {
    return { ...super.observe(), answers: this.http.answers(this.now) };
  }

  override pass(): boolean {
    const moved = super.pass();
    this.http.take(this.writes, this.now);
    return moved;
  }

  override nextChange(): number {
    return Math.min(super.nextChange(), this.http.nextAt(this.now));
  }

  /** The controller starts anew: it knows of no call and of no answer. */
  restart(): void {
    this.http.forget();
  }

  callsTo(name: string): readonly Call[] {
    return this.calls.filter(({ target }) => target.name === name);
  }
}

/** The same with a blue-green Rollout. */
export class CallingBlueGreenWorld extends BlueGreenWorld {
  readonly http = new Services();

  override observe(): Observed {
    return { ...super.observe(), answers: this.http.answers(this.now) };
  }

  override pass(): boolean {
    const moved = super.pass();
    this.http.take(this.writes, this.now);
    return moved;
  }

  override nextChange(): number {
    return Math.min(super.nextChange(), this.http.nextAt(this.now));
  }
}
