/** `get`: a Rollout with its revisions as one versioned value. Its JSON is a public contract (view.tidegate.io/v1). Pure. */

import { keys } from '../../crds/schema/keys.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { type Revision, revisionsOf } from './revisions.ts';
import { commitOf, type Decisions, decisionsOf, revisionOf, type Scene, statusOf } from './scene.ts';
import { conditionTrue, situationOf } from './situation.ts';
import { stepText, weightAt } from './step-text.ts';

export interface StepView {
  /** Counted from 0; equals `total` when all are done. */
  readonly index: number;
  readonly total: number;
  readonly text: string;
}

export interface WeightView {
  readonly set: number;
  readonly actual: number;
  /** Whether the router confirmed it; 'unknown' where it cannot be asked. */
  readonly confirmed: 'yes' | 'no' | 'unknown';
}

export interface RolloutView {
  readonly apiVersion: 'view.tidegate.io/v1';
  readonly kind: 'RolloutView';
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly message: string;
  readonly strategy: 'canary' | 'blueGreen';
  /** The preset that the current revision began with, and is run by. */
  readonly preset?: PresetView;
  readonly revision?: number;
  readonly podHash?: string;
  readonly stablePodHash?: string;
  readonly step?: StepView;
  readonly weight?: WeightView;
  readonly waiting?: NonNullable<Decisions['waiting']>;
  readonly verdict?: NonNullable<Decisions['verdict']>;
  readonly lastCommand?: NonNullable<Decisions['lastCommand']>;
  readonly replicas: ReplicaCounts;
  readonly images: readonly ImageView[];
  readonly git?: GitView;
  readonly createdAt?: string;
  readonly revisions: readonly Revision[];
  readonly notes: readonly string[];
}

interface PresetView {
  readonly name: string;
  readonly clusterScope: boolean;
  readonly generation: number;
}

interface ReplicaCounts {
  readonly desired: number;
  readonly current: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
}

interface ImageView {
  readonly image: string;
  readonly roles: readonly string[];
}

interface GitView {
  readonly gitSync: string;
  readonly phase?: string;
  readonly commit?: string;
  readonly release?: string;
}

export function rolloutView(scene: Scene): RolloutView {
  const { rollout } = scene;
  const status = statusOf(rollout);
  const decisions = decisionsOf(scene);
  const revisions = revisionsOf(scene);
  return {
    apiVersion: 'view.tidegate.io/v1',
    kind: 'RolloutView',
    namespace: rollout.metadata.namespace ?? '',
    name: rollout.metadata.name,
    ...phaseOf(scene),
    strategy: rollout.spec.strategy.blueGreen === undefined ? 'canary' : 'blueGreen',
    ...defined({ preset: presetOf(status) }),
    ...defined({ revision: revisionOf(scene), podHash: status.currentPodHash, stablePodHash: status.stableRS }),
    ...defined({ step: stepOf(scene), weight: weightOf(scene) }),
    ...defined({ waiting: decisions.waiting, verdict: decisions.verdict, lastCommand: decisions.lastCommand }),
    replicas: countsOf(status, rollout.spec.replicas ?? 1),
    images: imagesOf(revisions),
    ...defined({ git: gitOf(scene), createdAt: rollout.metadata.creationTimestamp }),
    revisions,
    notes: scene.notes,
  };
}

function presetOf({ preset }: RolloutStatus): PresetView | undefined {
  if (preset === undefined) return undefined;
  return { name: preset.name, clusterScope: preset.clusterScope === true, generation: preset.generation };
}

/** The stored phase, except where it speaks of an older spec. */
export function phaseOf(scene: Pick<Scene, 'rollout' | 'runs'>): { readonly phase: string; readonly message: string } {
  const status = statusOf(scene.rollout);
  if (situationOf(scene) === 'unobserved') {
    return { phase: 'Progressing', message: 'the controller has not looked at the newest spec yet' };
  }
  return { phase: status.phase ?? 'Progressing', message: status.message ?? '' };
}

export function stepOf(scene: Pick<Scene, 'rollout' | 'runs'>): StepView | undefined {
  const steps = scene.rollout.spec.strategy.canary?.steps;
  if (steps === undefined || steps.length === 0) return undefined;
  const situation = situationOf(scene);
  const index =
    situation === 'settled' ? steps.length : Math.min(statusOf(scene.rollout).currentStepIndex ?? 0, steps.length);
  const step = steps[index];
  const done = situation === 'aborted' ? 'aborted' : 'all done';
  return { index, total: steps.length, text: step === undefined || situation === 'aborted' ? done : stepText(step) };
}

/** The weight that the steps ask for and the one that is there; without a router the share of available pods. */
export function weightOf(scene: Pick<Scene, 'rollout' | 'runs' | 'replicaSets'>): WeightView | undefined {
  const { canary } = scene.rollout.spec.strategy;
  if (canary === undefined) return undefined;
  const set = wantedWeight(scene);
  const weights = statusOf(scene.rollout).canary?.weights;
  if (canary.trafficRouting === undefined || weights === undefined) {
    return { set, actual: podShare(scene), confirmed: 'unknown' };
  }
  const confirmed = weights.verified === undefined ? 'unknown' : weights.verified ? 'yes' : 'no';
  const canaryWeight = situationOf(scene) === 'settled' ? set : weights.canary.weight;
  return { set, actual: canaryWeight, confirmed };
}

function wantedWeight(scene: Pick<Scene, 'rollout' | 'runs'>): number {
  const situation = situationOf(scene);
  if (situation === 'settled') return 100;
  if (situation === 'aborted') return 0;
  const steps = scene.rollout.spec.strategy.canary?.steps ?? [];
  const index = statusOf(scene.rollout).currentStepIndex ?? 0;
  return index >= steps.length ? 100 : weightAt(steps, index);
}

function podShare({ rollout, replicaSets }: Pick<Scene, 'rollout' | 'replicaSets'>): number {
  const available = replicaSets.reduce((sum, set) => sum + set.available, 0);
  const current = replicaSets.find((set) => set.podHash === statusOf(rollout).currentPodHash);
  return available === 0 ? 0 : Math.round(((current?.available ?? 0) / available) * 100);
}

function countsOf(status: RolloutStatus, desired: number): ReplicaCounts {
  return {
    desired,
    current: status.replicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
  };
}

function imagesOf(revisions: readonly Revision[]): readonly ImageView[] {
  const byImage = new Map<string, Set<string>>();
  for (const revision of revisions.filter(({ replicaSet, roles }) => roles.length > 0 || replicaSet.wanted > 0)) {
    for (const image of revision.replicaSet.images) {
      const roles = byImage.get(image) ?? new Set<string>();
      for (const role of revision.roles) roles.add(role);
      byImage.set(image, roles);
    }
  }
  return [...byImage].map(([image, roles]) => ({ image, roles: [...roles] }));
}

function gitOf(scene: Scene): GitView | undefined {
  const { gitSync, rollout } = scene;
  const name = gitSync?.metadata.name ?? rollout.metadata.annotations?.[keys(scene.dialect).gitSyncName];
  if (name === undefined) return undefined;
  const release = rollout.metadata.annotations?.[keys(scene.dialect).release];
  return { gitSync: name, ...defined({ phase: gitSync?.status?.phase, commit: commitOf(scene), release }) };
}

/** Members that are not undefined, so that JSON and equality know no difference between absent and undefined. */
export function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The word of the list and the header: the phase, or InvalidSpec. */
export function phaseWord(scene: Pick<Scene, 'rollout' | 'runs'>): string {
  return conditionTrue(scene, 'InvalidSpec') ? 'InvalidSpec' : phaseOf(scene).phase;
}
