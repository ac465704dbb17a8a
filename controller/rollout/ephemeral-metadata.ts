/**
 * Temporary pod metadata by role: labels and annotations that pods have while their revision is canary, stable, preview or
 * active (argo-rollouts.md 2.10). The ReplicaSet's template goes first, then live pods. What was added stands in an
 * annotation of the ReplicaSet, of its template and so of every pod, which makes taking it away exact after any crash.
 */

import type { PodTemplateMetadata } from '../../crds/schema/pod-template.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { KubeObject } from '../../kube/api.ts';
import type { RolloutEffect } from './effects.ts';
import type { ReplicaSetView } from './observed.ts';
import { annotation, isPodOf, refTo, type Scene } from './scene.ts';

/** Pods that get other metadata in one pass; the rest follows in the next. */
const podsPerPass = 50;

type Texts = Readonly<Record<string, string>>;
interface Added {
  readonly labels: Texts;
  readonly annotations: Texts;
}
const nothing: Added = { labels: {}, annotations: {} };

/** The metadata of the role that a revision has now; nothing for a revision without a role. */
function wantedFor(scene: Scene, podHash: string): Added {
  const { canary, blueGreen } = scene.observed.rollout.spec.strategy;
  const isStable = podHash === scene.stableHash;
  const isNew = podHash === scene.currentHash;
  if (blueGreen !== undefined) {
    const isActive = isStable || podHash === activeHash(scene);
    return isActive ? added(blueGreen.activeMetadata) : isNew ? added(blueGreen.previewMetadata) : nothing;
  }
  return isStable ? added(canary?.stableMetadata) : isNew ? added(canary?.canaryMetadata) : nothing;
}

function activeHash({ status }: Scene): string | undefined {
  return status.blueGreen?.activeSelector;
}

function added(metadata: PodTemplateMetadata | undefined): Added {
  return { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} };
}

function isEmpty({ labels, annotations }: Added): boolean {
  return Object.keys(labels).length === 0 && Object.keys(annotations).length === 0;
}

/** The value of the annotation, in the form of Argo Rollouts; undefined for nothing. */
function textOf(wanted: Added): string | undefined {
  if (isEmpty(wanted)) return undefined;
  const parts = Object.entries(wanted).filter(([, texts]) => Object.keys(texts as Texts).length > 0);
  return JSON.stringify(Object.fromEntries(parts.map(([name, texts]) => [name, sorted(texts as Texts)])));
}

function sorted(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function readText(text: string | undefined): Added {
  if (text === undefined) return nothing;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? { labels: textsOf(value.labels), annotations: textsOf(value.annotations) } : nothing;
  } catch {
    // Written by somebody else: nothing is known to have been added.
    return nothing;
  }
}

function textsOf(value: unknown): Texts {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The metadata part of a merge patch from what was added before to what is wanted; own values of the template come back. */
function metadataPatch(before: Added, wanted: Added, own: Added, keys: Keys): JsonObject {
  const text = textOf(wanted) ?? null;
  return {
    labels: change(before.labels, wanted.labels, own.labels),
    annotations: { ...change(before.annotations, wanted.annotations, own.annotations), [keys.ephemeralMetadata]: text },
  };
}

function change(before: Texts, wanted: Texts, own: Texts): JsonObject {
  const gone = Object.keys(before).filter((key) => wanted[key] === undefined);
  return { ...Object.fromEntries(gone.map((key) => [key, own[key] ?? null])), ...wanted };
}

/** What a template says itself is known of the revision in the spec only. */
function ownOf(scene: Scene, podHash: string): Added {
  const { rollout, podHash: specHash } = scene.observed;
  return podHash === specHash ? added(rollout.spec.template?.metadata) : nothing;
}

/** Writes that bring ReplicaSets and their pods to the metadata of their roles; none where nothing was ever asked for. */
export function metadataEffects(scene: Scene): readonly RolloutEffect[] {
  if (scene.state === 'new') return [];
  const list = scene.observed.replicaSets.flatMap((set) => ofSet(scene, set));
  const sets = list.filter((one) => one.target.kind === 'ReplicaSet');
  return [...sets, ...list.filter((one) => one.target.kind !== 'ReplicaSet').slice(0, podsPerPass)];
}

type Patch = Extract<RolloutEffect, { readonly kind: 'Patch' }>;

function ofSet(scene: Scene, set: ReplicaSetView): readonly Patch[] {
  const { keys, pods } = scene.observed;
  const wanted = wantedFor(scene, set.podHash);
  const text = textOf(wanted);
  const before = annotation(set, keys.ephemeralMetadata);
  const own = ownOf(scene, set.podHash);
  const patchOf = (old: string | undefined) => metadataPatch(readText(old), wanted, own, keys);
  const differs = (object: KubeObject) => annotation(object, keys.ephemeralMetadata) !== text;
  const ofPods = pods
    .filter((pod) => isPodOf(pod, set) && !pod.leaving && differs(pod))
    // Pods of a ReplicaSet that another controller dressed carry no annotation of their own.
    .map((pod) => patch(pod, { metadata: patchOf(annotation(pod, keys.ephemeralMetadata) ?? before) }));
  if (!differs(set)) return ofPods;
  const template = { metadata: patchOf(before) };
  const marked = { metadata: { annotations: { [keys.ephemeralMetadata]: text ?? null } }, spec: { template } };
  return [patch(set, marked), ...ofPods];
}

function patch(object: KubeObject, body: JsonObject): Patch {
  return { kind: 'Patch', target: refTo(object), patch: body, tells: [] };
}

/** A new ReplicaSet with the metadata of the role that it will have, so that its first pods have it from the start. */
export function withRoleMetadata(scene: Scene, replicaSet: JsonObject): JsonObject {
  const wanted = wantedFor(scene, scene.currentHash);
  const text = textOf(wanted);
  if (text === undefined) return replicaSet;
  const { keys } = scene.observed;
  const spec = part(replicaSet, 'spec');
  const template = part(spec, 'template');
  return {
    ...replicaSet,
    metadata: withTexts(part(replicaSet, 'metadata'), { labels: {}, annotations: { [keys.ephemeralMetadata]: text } }),
    spec: {
      ...spec,
      template: {
        ...template,
        metadata: withTexts(part(template, 'metadata'), {
          labels: wanted.labels,
          annotations: { ...wanted.annotations, [keys.ephemeralMetadata]: text },
        }),
      },
    },
  };
}

function withTexts(metadata: JsonObject, more: Added): JsonObject {
  const merged = (name: keyof Added) => ({ ...part(metadata, name), ...more[name] });
  const labels = merged('labels');
  return { ...metadata, ...(Object.keys(labels).length > 0 ? { labels } : {}), annotations: merged('annotations') };
}

function part(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}
