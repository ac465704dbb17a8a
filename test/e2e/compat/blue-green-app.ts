/** A blue-green application of a scenario: its two Services, its strategy, and what the recording says of them. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { type App, at, type Live, serviceObject } from './app.ts';
import { eventually } from '../../bed/eventually.ts';
import { versionOf } from './recording.ts';
import { textAt } from './text-at.ts';

/** A spec with this strategy, null for no such field; `spec` is laid over it. Old pods live on for a minute unless it says otherwise. */
export function blueGreen(strategy: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  const known = { activeService: 'active', previewService: 'preview', scaleDownDelaySeconds: 60, ...strategy };
  const set = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null));
  return { replicas: 2, strategy: { blueGreen: set }, ...spec };
}

/** Its Services, and the first release, Healthy. */
export async function deployBlueGreen(app: App, spec: JsonObject = blueGreen()): Promise<void> {
  await app.apply(serviceObject('active'), serviceObject('preview'));
  await app.releaseHealthy('v1', spec);
  await app.until('the first hash is in both Services', isSwitched);
  await eventually('the first release is told', () =>
    ['RolloutCompleted', 'SwitchService'].every((one) => app.events().includes(one)),
  );
}

function isSwitched(one: Live): boolean {
  return at(one, 'status.blueGreen.activeSelector') === at(one, 'status.currentPodHash');
}

/** Releases a version and waits for the pause before the switch. */
export async function releaseToPause(app: App, version: string, spec: JsonObject): Promise<Live> {
  await app.release(version, spec);
  return app.until(
    `${version} pauses`,
    (one) =>
      at(one, 'status.message') === 'BlueGreenPause' &&
      versionOf(one) === version &&
      textAt(one, 'status.observedGeneration') === String(one.metadata.generation),
  );
}

/** The versions that a Service selected, in order. */
export function servedOver(app: App, service: string): readonly string[] {
  const versions = new Map(app.seen().flatMap((one) => (one.kind === 'size' ? [[one.hash, one.version]] : [])));
  return app
    .seen()
    .flatMap((one) => (one.kind === 'service' && one.name === service ? [versions.get(one.hash) ?? one.hash] : []));
}

/** The version that a Service selects now. */
export async function served(app: App, service: string): Promise<string | undefined> {
  const found = await app.read('api/v1/services', service);
  const hash = at(found, 'spec.selector.rollouts-pod-template-hash');
  const sets = await app.list('apis/apps/v1/replicasets');
  const set = sets.find((one) => one.metadata.labels?.['rollouts-pod-template-hash'] === hash);
  return set === undefined ? undefined : versionOf(set);
}

/** The ReplicaSet of a version. */
export async function setOfVersion(app: App, version: string): Promise<Live | undefined> {
  return (await app.list('apis/apps/v1/replicasets')).find((one) => versionOf(one) === version);
}

/** Waits until an object of the app is as wanted, and gives it. */
export function untilObject(
  app: App,
  collection: string,
  name: string,
  check: (one: Live) => boolean,
  withinMs = 60_000,
): Promise<Live> {
  return eventually(
    `${collection} ${name}`,
    async (saw) => {
      const one = await app.read(collection, name);
      saw(one?.['status'] ?? one);
      return one !== undefined && check(one) ? one : undefined;
    },
    { withinMs, everyMs: 100 },
  );
}

/** Reasons of the Rollout's events, repetitions in a row left out: the count of an event is no new event. */
export function reasonsOver(app: App): readonly string[] {
  return app.events().filter((one, index, all) => one !== all[index - 1]);
}

/** Waits for the events that were told last, as the recorder sends them a little after the status. */
export async function untilReasons(app: App, wanted: readonly string[], from = 0): Promise<void> {
  await eventually(
    `events ${wanted.join(', ')}`,
    (saw) => {
      const now = reasonsOver(app).slice(from);
      saw(now);
      return now.length >= wanted.length;
    },
    { withinMs: 10_000, everyMs: 100 },
  );
}

interface Said {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** A condition of an object by its type. */
export function conditionOf(object: JsonObject, type: string): Said | undefined {
  const list = at(object, 'status.conditions');
  const all = Array.isArray(list) ? (list as readonly (Said & { type?: string })[]) : [];
  return all.find((one) => one.type === type);
}

/** Messages that the Rollout's status had, in order. */
export function messagesOver(app: App): readonly string[] {
  return app.seen().flatMap((one) => (one.kind === 'status' ? [one.message] : []));
}
