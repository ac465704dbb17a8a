/** What adopt and eject share: reads, conditional writes that are told step by step, and the check that no pod changed. */

import type { ApiResult, KindRef, KubeObject, ObjectKey } from '../../kube/api.ts';
import { keyOf } from '../../kube/ref.ts';
import type { Whole } from '../adopt-plan.ts';
import { apiError, CliError, exitCode } from '../exit-code.ts';
import type { Session } from '../session.ts';

const pollMs = 200;
/** The controllers write status often, so a stale read is routine. */
const maxAttempts = 20;
const fieldManager = 'kubectl-tidegate';

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

  async list(kind: KindRef, labelSelector?: string): Promise<readonly Whole[]> {
    const { session } = this;
    const selector = labelSelector === undefined ? {} : { labelSelector };
    const found = await session.client.list(kind, { ...session.call, namespace: session.namespace, ...selector });
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
   * Only the version that was looked at is changed. One whose status alone moved on is looked at again; one whose spec or
   * controller changed ends the command.
   */
  async patch(what: string, object: Whole, patch: object): Promise<Whole> {
    this.say(what);
    let live = object;
    for (let attempt = 1; ; attempt += 1) {
      const { uid, resourceVersion } = live.metadata;
      const conditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
      const options = { ...this.session.call, fieldManager, dryRun: this.isDryRun, ...conditions };
      const result = await this.session.client.merge(keyOf(live), patch, options);
      if (result.kind !== 'conflict' || attempt === maxAttempts) return ok(what, result);
      live = await this.get(keyOf(object));
      if (identity(live) !== identity(object))
        throw new CliError(
          exitCode.unexpected,
          `cannot ${what}: it was changed by somebody else meanwhile; look at it, and run the command again`,
        );
    }
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

  /** Uids of the pods of these ReplicaSets; one that is leaving already is no pod that could be lost. */
  async podsOf(sets: readonly Whole[]): Promise<ReadonlySet<string>> {
    const owners = new Set(sets.map((set) => set.metadata.uid));
    const pods = await this.list({ group: '', kind: 'Pod' });
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const own = staying.filter(({ metadata }) => metadata.ownerReferences?.some((one) => owners.has(one.uid)));
    return new Set(own.map((pod) => pod.metadata.uid ?? ''));
  }

  /** @throws CliError when a pod of before is gone: somebody else acts on them. */
  assertSamePods(before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    const gone = [...before].filter((uid) => !after.has(uid));
    if (gone.length === 0) return;
    throw new CliError(
      exitCode.unexpected,
      `${gone.length} pods went away meanwhile: somebody else changes this workload; look at it before going on`,
    );
  }
}

/** What must stay the same between looking and writing. */
function identity({ metadata }: Whole): string {
  const controller = metadata.ownerReferences?.find((one) => one.controller === true)?.uid;
  return [metadata.uid, metadata.generation, controller].join(' ');
}

function ok(what: string, result: ApiResult): Whole {
  if (result.kind !== 'ok') throw apiError(what, result);
  return result.object;
}
