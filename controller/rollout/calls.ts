/**
 * Calls of HTTP services (gates and step plugins) as data: what is asked, by which key, and the few ways in which it can
 * end. A key names one execution of one question, so that repeating it after a crash is the same call. Pure.
 */

import type { JsonObject } from '../../kube/api.ts';
import type { AwsQuestion } from './aws-question.ts';
import type { Scene } from './scene.ts';

/** A plugin's address is the operator's business, as is AWS; that of a gate stands in the Rollout. */
export type CallTarget =
  | { readonly kind: 'plugin'; readonly name: string; readonly operation: PluginOperation }
  | {
      readonly kind: 'gate';
      readonly name: string;
      readonly url: string;
      readonly timeoutMs: number;
      readonly secret?: { readonly name: string; readonly key: string };
    }
  | { readonly kind: 'aws'; readonly name: 'aws'; readonly question: AwsQuestion };

export type PluginOperation = 'Run' | 'Terminate' | 'Abort';

export interface Call {
  /** Sent as `Idempotency-Key`; printable ASCII. */
  readonly key: string;
  readonly target: CallTarget;
  readonly request: JsonObject;
}

/** `open`: under way. `none`: there is no answer that means anything, `why` ends a sentence. */
export type CallAnswer =
  | { readonly kind: 'open' }
  | { readonly kind: 'response'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'none'; readonly why: string };

export type Answered = Exclude<CallAnswer, { kind: 'open' }>;

/** What a call is about: a revision, an attempt of it, and what asks. */
export interface CallPlace {
  readonly podHash: string;
  readonly attempt: number;
  /** Index of the step, or `gate`. */
  readonly step: number | 'gate';
  readonly name: string;
  /** Operation of a plugin or type of a gate. */
  readonly operation: string;
}

/** (rollout uid, revision hash, step, attempt, name, operation, n-th execution). */
export function callKey(scene: Scene, place: CallPlace, execution: number): string {
  const { podHash, attempt, step, name, operation } = place;
  const parts = [scene.observed.rollout.metadata.uid, podHash, step, attempt, name, operation, execution];
  return parts.map((part) => encodeURIComponent(String(part))).join('/');
}

export function answerTo(scene: Scene, key: string): CallAnswer | undefined {
  return scene.observed.answers?.get(key);
}

/** Longest text of a service that is kept in status. */
const maxMessage = 256;

/** One line of a foreign text, short enough for status. */
export function shortText(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > maxMessage ? `${line.slice(0, maxMessage - 1)}…` : line;
}

/** The object that a body holds; undefined when it holds something else. */
export function objectIn(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    // Not JSON: the caller says what that means.
    return undefined;
  }
}
