/** What AWS answered to the questions for a Rollout, and which answers count. Pure. */

import { z } from 'zod';
import type { CallAnswer } from './calls.ts';

const Resource = z.object({ name: z.string(), arn: z.string(), fullName: z.string() });
export type AwsResourceName = z.infer<typeof Resource>;

/** `why` says what is not as written, as the end of a sentence. `absentHost`: AWS has no load balancer of this name. */
export const WeightsReading = z.object({
  isVerified: z.boolean(),
  why: z.string().optional(),
  absentHost: z.string().optional(),
  loadBalancer: Resource.optional(),
  canaryTargetGroup: Resource.optional(),
  stableTargetGroup: Resource.optional(),
});
export type WeightsReading = z.infer<typeof WeightsReading>;

export const TargetsReading = z.object({
  isVerified: z.boolean(),
  why: z.string().optional(),
  groups: z.array(z.object({ name: z.string(), arn: z.string(), registered: z.int(), wanted: z.int() })),
});
export type TargetsReading = z.infer<typeof TargetsReading>;

/** `none`: AWS could not be asked. */
export type Heard<Reading> =
  | { readonly kind: 'heard'; readonly reading: Reading }
  | { readonly kind: 'none'; readonly why: string };

/** Answers are made by this product itself, so one that can't be read is a failure like any other. */
export function heard<Reading>(answer: CallAnswer, schema: z.ZodType<Reading>): Heard<Reading> | undefined {
  if (answer.kind === 'open') return undefined;
  if (answer.kind === 'none') return answer;
  const read = schema.safeParse(JSON.parse(answer.body));
  return read.success ? { kind: 'heard', reading: read.data } : { kind: 'none', why: 'the answer could not be read' };
}

/** A new question is asked each time this passes without a yes. */
export const askEveryMs = 10_000;

/**
 * Readings count for one version of one object only: `about` names them. Each slot of time has one question, so a crash
 * repeats it, and the yes of an earlier version is never taken for this one.
 */
export function awsKey(rolloutUid: string, about: string, slot: number): string {
  return `${prefixOf(rolloutUid, about)}${slot}`;
}

function prefixOf(rolloutUid: string, about: string): string {
  return `aws/${encodeURIComponent(rolloutUid)}/${encodeURIComponent(about)}/`;
}

export interface Known<Reading> {
  /** The first that says yes, or else the newest. */
  readonly last?: Heard<Reading>;
  /** The newest slot that was asked. */
  readonly slot?: number;
}

/** What is known about one version of one object. */
export function knownOf<Reading extends { readonly isVerified: boolean }>(
  answers: ReadonlyMap<string, CallAnswer> | undefined,
  rolloutUid: string,
  about: string,
  schema: z.ZodType<Reading>,
): Known<Reading> {
  const prefix = prefixOf(rolloutUid, about);
  const own = [...(answers ?? [])]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, answer]) => ({ slot: Number(key.slice(prefix.length)), heard: heard(answer, schema) }))
    .toSorted((one, other) => one.slot - other.slot);
  const said = own.flatMap((one) => one.heard ?? []);
  const last = said.find(isYes) ?? said.at(-1);
  const slot = own.at(-1)?.slot;
  return { ...(last === undefined ? {} : { last }), ...(slot === undefined ? {} : { slot }) };
}

function isYes<Reading extends { readonly isVerified: boolean }>(one: Heard<Reading>): boolean {
  return one.kind === 'heard' && one.reading.isVerified;
}
