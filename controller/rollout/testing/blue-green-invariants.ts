/** What an outside observer checks after every write of a simulated blue-green rollout: the safety rules that apply. */

import { statusPatch } from '../status-diff.ts';
import { active, type BlueGreenWorld, preview } from './blue-green-world.ts';
import type { Write } from './world.ts';

type Say = (rule: string, what: string) => void;

/** Installs the checks; the returned list holds every violation in words. */
export function watchBlueGreen(world: BlueGreenWorld, options: { readonly drainMs: number }): string[] {
  const violations: string[] = [];
  const began = world.now;
  const lastServed = new Map<string, number>();
  let before = selected(world);
  const look = () => {
    for (const hash of servedBy(world)) lastServed.set(hash, world.now);
    before = selected(world);
  };
  world.edited = look;
  const settle = world.settlePods.bind(world);
  // Endpoints change with time, too: the last moment at which a revision was served must not be missed.
  world.settlePods = () => {
    settle();
    for (const hash of servedBy(world)) lastServed.set(hash, world.now);
  };
  world.check = (_now, write) => {
    const say: Say = (rule, what) => violations.push(`${rule} at +${world.now - began}ms: ${what}`);
    checkSwitch(world, write, before, say);
    checkScaleDown(world, write, { lastServed, drainMs: options.drainMs }, say);
    checkStable(world, write, say);
    checkStatus(world, write, say);
    look();
  };
  return violations;
}

function selected(world: BlueGreenWorld): string | undefined {
  return world.services.get(active);
}

/**
 * Revisions that may get live traffic now: by the selector if they have pods at all, and by endpoints that a proxy may not
 * have let go of.
 */
function servedBy(world: BlueGreenWorld): ReadonlySet<string> {
  const hash = world.pods.some((pod) => pod.podHash === selected(world)) ? selected(world) : undefined;
  const seen = Object.entries(world.endpoints(active)).flatMap(([one, count]) => (count > 0 ? [one] : []));
  return new Set([...(hash === undefined ? [] : [hash]), ...seen]);
}

/** S06: live traffic changes to a revision only when that has all pods asked for, or when nobody else has any. */
function checkSwitch(world: BlueGreenWorld, write: Write, before: string | undefined, say: Say): void {
  if (write.effect.kind !== 'SwitchService') return;
  const { target, podHash } = write.effect;
  const ready = world.readyPods(podHash);
  const text = `${target.name} switched from ${before ?? 'all'} to ${podHash} with ${ready} of ${world.replicas} pods`;
  if (ready === 0 && world.replicas > 0) say('S06', text);
  if (target.name === preview) return;
  const old = before === undefined ? 0 : (world.endpoints(active)[before] ?? 0);
  if (old > 0 && ready < world.replicas) say('S06', text);
  if (hasFailed(world, podHash) && podHash !== world.status?.stableRS) say('S17', text);
}

function hasFailed(world: BlueGreenWorld, podHash: string): boolean {
  return world.status?.failedPodHashes?.includes(podHash) ?? false;
}

interface Served {
  readonly lastServed: ReadonlyMap<string, number>;
  readonly drainMs: number;
}

/** S03: a revision loses pods below what the Rollout asks for only after the delay since it was behind the active Service. */
function checkScaleDown(world: BlueGreenWorld, write: Write, served: Served, say: Say): void {
  if (write.effect.kind !== 'Scale' || write.effect.to >= write.effect.from) return;
  const { podHash, to } = write.effect;
  if (to >= world.replicas) return;
  const at = served.lastServed.get(podHash);
  if (selected(world) === podHash || (at !== undefined && world.now - at < served.drainMs))
    say('S03', `${podHash} scaled to ${to}, served until ${at === undefined ? 'now' : world.now - at} ms ago`);
}

/** S04: the stable revision keeps its ReplicaSet and its size. */
function checkStable(world: BlueGreenWorld, write: Write, say: Say): void {
  const stable = world.status?.stableRS;
  if (!stable) return;
  const set = world.sets.get(stable);
  if (set === undefined) say('S04', `ReplicaSet of stable ${stable} is gone`);
  const isOurs = write.effect.kind === 'Scale' && write.effect.podHash === stable;
  if (isOurs && (set?.replicas ?? 0) < world.replicas) say('S04', `stable ${stable} scaled to ${set?.replicas}`);
}

/** S15: every status write changes something. S16: healthy means that live traffic is on the current revision. */
function checkStatus(world: BlueGreenWorld, write: Write, say: Say): void {
  if (write.effect.kind !== 'Status') return;
  const { before, after } = write.effect;
  if (statusPatch(before, after) === undefined) say('S15', 'status written without a change');
  const isLive = selected(world) === after.currentPodHash && after.stableRS === after.currentPodHash;
  if (after.phase === 'Healthy' && !isLive) say('S16', `healthy with ${selected(world)} live`);
  if (after.stableRS !== before.stableRS && before.stableRS && selected(world) !== after.stableRS)
    say('S16', `${after.stableRS} became stable with ${selected(world)} live`);
}
