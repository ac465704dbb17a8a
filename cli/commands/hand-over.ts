/** What adopt and eject share: reads, conditional writes that are told step by step, and the look at which pods stayed. */

import type { ApiResult, KindRef, KubeObject, MergeOptions, ObjectKey } from '../../kube/api.ts';
import { keyOf } from '../../kube/ref.ts';
import { fieldManager, templateText, type Whole } from '../adopt-plan.ts';
import { apiError, CliError, exitCode } from '../exit-code.ts';
import type { Session } from '../session.ts';

const pollMs = 100;
/** The controllers write status often, so a stale read is routine. */
const maxAttempts = 20;

export class HandOver {
  readonly session: Session;
  readonly isDryRun: boolean;

  constructor(session: Session, isDryRun: boolean) {
    this.session = session;
    this.isDryRun = isDryRun;
  }

  say(text: string): void {
    this.session.terminal.out(`${this.isDryRun ? '(dry run) ' : ''}${text}\n`);
  }

  key(group: string, kind: string, name: string): ObjectKey {
    return { group, kind, namespace: this.session.namespace, name };
  }

  async get(key: ObjectKey): Promise<Whole> {
    return ok(`read ${key.kind} ${key.name}`, await this.session.client.get(key, this.session.call));
  }

  /** All of the namespace; none of a kind that the cluster does not serve. */
  async list(kind: KindRef, labelSelector?: string): Promise<readonly Whole[]> {
    const { session } = this;
    const selector = labelSelector === undefined ? {} : { labelSelector };
    const found = await session.client.list(kind, { ...session.call, namespace: session.namespace, ...selector });
    if (found.kind === 'not-found') return [];
    if (found.kind !== 'ok') throw apiError(`list ${kind.kind}s`, found);
    const apiVersion = kind.group === '' ? 'v1' : `${kind.group}/v1`;
    return found.items.map((one) => ({ ...one, kind: kind.kind, apiVersion }) as Whole);
  }

  async create(what: string, object: KubeObject): Promise<Whole> {
    this.say(what);
    const options = { ...this.session.call, fieldManager, dryRun: this.isDryRun };
    return ok(what, await this.session.client.create(object, options));
  }

  /**
   * Only what was looked at is changed. An object whose status or size alone moved on is looked at again; one that has another
   * controller or another pod template by now ends the command.
   */
  async patch(what: string, object: Whole, patch: object): Promise<Whole> {
    this.say(what);
    let live = object;
    for (let attempt = 1; ; attempt += 1) {
      const { uid, resourceVersion } = live.metadata;
      const conditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
      const result = await this.merge(live, patch, conditions);
      if (result.kind !== 'conflict' || attempt === maxAttempts) return ok(what, result);
      live = await this.get(keyOf(object));
      if (identity(live) !== identity(object))
        throw new CliError(
          exitCode.unexpected,
          `cannot ${what}: it was changed by somebody else meanwhile; look at it, and run the command again`,
        );
    }
  }

  /** Whatever its version by now, as long as it is the same object; one that is gone needs no patch. */
  async patchAnyVersion(what: string, object: Whole, patch: object): Promise<void> {
    this.say(what);
    const { uid } = object.metadata;
    const result = await this.merge(object, patch, uid ? { uid } : {});
    if (result.kind !== 'not-found') ok(what, result);
  }

  private merge(object: Whole, patch: object, conditions: Pick<MergeOptions, 'uid' | 'resourceVersion'>) {
    const options = { ...this.session.call, fieldManager, dryRun: this.isDryRun, ...conditions };
    return this.session.client.merge(keyOf(object), patch, options);
  }

  /** Nothing when it is gone already. */
  async remove(what: string, object: Whole, propagation: 'Orphan' | 'Background'): Promise<void> {
    this.say(what);
    const { uid } = object.metadata;
    const options = { ...this.session.call, ...(uid ? { uid } : {}), propagation, dryRun: this.isDryRun } as const;
    const answer = await this.session.client.delete(keyOf(object), options);
    if (answer.kind !== 'ok' && answer.kind !== 'not-found') throw apiError(what, answer);
  }

  /** Asks until it is so. @throws CliError after the time. */
  async until(what: string, key: ObjectKey, test: (object: Whole) => boolean, withinMs = 30_000): Promise<Whole> {
    const { clock, signal } = this.session.terminal;
    const end = clock.monotonicMs() + withinMs;
    for (;;) {
      const object = await this.get(key);
      if (this.isDryRun || test(object)) return object;
      if (clock.monotonicMs() > end) throw new CliError(exitCode.timeout, `not within ${withinMs / 1000} s: ${what}`);
      await clock.sleep(pollMs, signal);
    }
  }

  /** Waits for the end of an object that is being deleted; one that is not is left alone. @throws CliError after the time. */
  async untilGone(key: ObjectKey, withinMs = 30_000): Promise<void> {
    const { terminal, client, call } = this.session;
    const end = terminal.clock.monotonicMs() + withinMs;
    for (;;) {
      const found = await client.get(key, call);
      if (found.kind !== 'ok' || found.object.metadata.deletionTimestamp === undefined) return;
      if (terminal.clock.monotonicMs() > end) {
        const finalizers = found.object.metadata.finalizers?.join(', ') ?? 'none';
        const why = `${key.kind} ${key.name} is being deleted (finalizers: ${finalizers}) and not gone within ${withinMs / 1000} s`;
        throw new CliError(exitCode.timeout, `${why}: wait until it is gone, and run the command again`);
      }
      await terminal.clock.sleep(pollMs, terminal.signal);
    }
  }

  /** Pods of these ReplicaSets; one that is leaving already is no pod that could be lost. */
  async podsOf(sets: readonly Whole[]): Promise<readonly Whole[]> {
    const owners = new Set(sets.map((set) => set.metadata.uid));
    const pods = await this.list({ group: '', kind: 'Pod' });
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return staying.filter(({ metadata }) => metadata.ownerReferences?.some((one) => owners.has(one.uid)));
  }
}

/** How it ended for the pods. Handing over touches none, so one that is gone was scaled down or evicted by somebody. */
export function whatBecameOf(before: readonly Whole[], after: readonly Whole[]): string {
  const uids = new Set(after.map(({ metadata }) => metadata.uid));
  const gone = before.filter(({ metadata }) => !uids.has(metadata.uid)).length;
  return gone === 0 ? 'none was restarted' : `${gone} of ${before.length} were scaled down or evicted meanwhile`;
}

/** What must stay the same between looking and writing. */
function identity(object: Whole): string {
  const { uid, ownerReferences } = object.metadata;
  const controller = ownerReferences?.find((one) => one.controller === true)?.uid;
  return [uid, controller, object.kind === 'Deployment' ? templateText(object) : ''].join(' ');
}

function ok(what: string, result: ApiResult): Whole {
  if (result.kind !== 'ok') throw apiError(what, result);
  return result.object;
}
