/** What an outside observer checks after every write of a simulated rollout: the safety rules S01 to S15 that apply. */

import { rollingLimits } from '../../../crds/schema/defaults.ts';
import { podsFor } from '../canary-steps.ts';
import { statusPatch } from '../status-diff.ts';
import type { World, Write } from './world.ts';

/** Installs the checks; the returned list holds every violation in words. */
export function watchInvariants(world: World, options: { readonly drainMs: number }): string[] {
  const violations: string[] = [];
  let before = {
    weight: world.weight,
    canary: world.services.get('web-canary'),
    stable: world.services.get('web-stable'),
  };
  const weights: { at: number; byHash: Record<string, number> }[] = [];
  world.check = (now, write) => {
    const say = (rule: string, what: string) => violations.push(`${rule} at +${now.now - weightsStart}ms: ${what}`);
    const shares = sharesOf(now);
    if (now.options.routed) {
      checkWeight(now, write, before.weight, say);
      checkSwitch(now, write, before, say);
      checkThirdRevision(now, shares, say);
      checkScaleDown(now, write, weights, options.drainMs, say);
      checkStableSize(now, write, say);
    } else checkAvailability(now, write, say);
    checkSteps(write, say);
    checkNoOp(write, say);
    weights.push({ at: now.now, byHash: shares });
    before = { weight: now.weight, canary: now.services.get('web-canary'), stable: now.services.get('web-stable') };
  };
  const weightsStart = world.now;
  return violations;
}

type Say = (rule: string, what: string) => void;

function sharesOf(world: World): Record<string, number> {
  const stable = world.services.get('web-stable');
  const canary = world.services.get('web-canary');
  const shares: Record<string, number> = {};
  if (stable !== undefined) shares[stable] = 100 - world.weight;
  if (canary !== undefined) shares[canary] = (shares[canary] ?? 0) + world.weight;
  return shares;
}

/** S01, S02 and the sole exception of rule 3. */
function checkWeight(world: World, write: Write, before: number, say: Say): void {
  if (write.effect.kind !== 'SetWeight') return;
  const sum = write.effect.wanted.destinations.reduce((total, one) => total + one.weight, 0);
  const whole = write.effect.wanted.destinations.every((one) => Number.isInteger(one.weight) && one.weight >= 0);
  if (sum !== write.effect.wanted.total || !whole) say('S01', JSON.stringify(write.effect.wanted));
  const canaryHash = world.services.get('web-canary') ?? '';
  const stableHash = world.services.get('web-stable') ?? '';
  const canaryReady = world.endpoints('web-canary')[canaryHash] ?? 0;
  const stableReady = world.endpoints('web-stable')[stableHash] ?? 0;
  if (canaryHash === stableHash) return;
  if (world.weight > before && canaryReady < podsFor(world.weight, world.replicas, 100))
    say('S02', `canary ${world.weight} with ${canaryReady} ready endpoints`);
  if (world.weight < before && canaryReady > 0 && stableReady < podsFor(100 - world.weight, world.replicas, 100))
    say('S02', `stable ${100 - world.weight} with ${stableReady} ready endpoints`);
  if (world.weight < before && canaryReady === 0 && stableReady === 0) say('S02', 'weight moved with nobody ready');
}

/** S06: a Service changes to a revision only when that has the pods for the weight on the Service, or nobody else has any. */
function checkSwitch(
  world: World,
  write: Write,
  before: { readonly canary: string | undefined; readonly stable: string | undefined },
  say: Say,
): void {
  if (write.effect.kind !== 'SwitchService') return;
  const isStable = write.effect.target.name === 'web-stable';
  const from = isStable ? before.stable : before.canary;
  const weight = isStable ? 100 - world.weight : world.weight;
  const { podHash } = write.effect;
  const ready = world.readyPods(podHash);
  if (weight > 0 && ready === 0)
    say('S06', `${write.effect.target.name} with weight ${weight} switched to ${podHash} without a pod`);
  const needed = podsFor(weight, world.replicas, 100);
  if (from !== undefined && world.readyPods(from) > 0 && ready < needed)
    say(
      'S06',
      `${write.effect.target.name} with weight ${weight} switched to ${podHash} with ${ready} of ${needed} pods`,
    );
}

/** S12: stable, and at most one other revision, have weight. */
function checkThirdRevision(world: World, shares: Record<string, number>, say: Say): void {
  const stable = world.status?.stableRS;
  const others = Object.entries(shares).filter(([hash, share]) => hash !== stable && share > 0);
  if (stable !== undefined && others.length > 1) say('S12', JSON.stringify(shares));
}

/** S03 and S05: no revision gets smaller than the highest weight of the last D needs. */
function checkScaleDown(
  world: World,
  write: Write,
  weights: readonly { at: number; byHash: Record<string, number> }[],
  drainMs: number,
  say: Say,
): void {
  if (write.effect.kind !== 'Scale' || write.effect.to >= write.effect.from) return;
  const { podHash, to } = write.effect;
  const first = weights.findLastIndex((one) => one.at <= world.now - drainMs);
  const recent = weights.slice(Math.max(0, first)).map((one) => one.byHash[podHash] ?? 0);
  const needed = podsFor(Math.max(0, ...recent, sharesOf(world)[podHash] ?? 0), world.replicas, 100);
  if (to < needed) say('S03', `${podHash} scaled to ${to}, its weight of the last ${drainMs} ms needs ${needed}`);
}

/** S04: the stable revision keeps its ReplicaSet and its size. */
function checkStableSize(world: World, write: Write, say: Say): void {
  const stable = world.status?.stableRS;
  if (!stable) return;
  const set = world.sets.get(stable);
  if (set === undefined) say('S04', `ReplicaSet of stable ${stable} is gone`);
  const isOurs = write.effect.kind === 'Scale' && write.effect.podHash === stable;
  if (isOurs && (set?.replicas ?? 0) < world.replicas) say('S04', `stable ${stable} scaled to ${set?.replicas}`);
}

/** S08: a scale-down of ours never leaves fewer available pods than allowed. */
function checkAvailability(world: World, write: Write, say: Say): void {
  if (write.effect.kind !== 'Scale' || write.effect.to >= write.effect.from) return;
  const { maxUnavailable } = rollingLimits(world.observe().rollout);
  const available = [...world.sets.keys()].reduce((sum, hash) => sum + world.readyPods(hash), 0);
  const { podHash } = write.effect;
  const lost = world.pods.some((pod) => pod.podHash === podHash && pod.lostAt === world.now);
  if (lost && available < world.replicas - maxUnavailable)
    say('S08', `${available} of ${world.replicas} pods available`);
}

/** S10: index + 1, or back to 0, or to the end by a promotion or a skip; a command explains the rest. */
function checkSteps(write: Write, say: Say): void {
  if (write.effect.kind !== 'Status') return;
  const { before, after } = write.effect;
  const [from, to] = [before.currentStepIndex ?? 0, after.currentStepIndex ?? 0];
  if (to === from || to === from + 1 || to === 0) return;
  const explained =
    after.promoteFull || after.currentPodHash !== before.currentPodHash || after.stableRS === after.currentPodHash;
  if (!explained) say('S10', `step ${from} to ${to}`);
}

/** S15: every status write changes something. */
function checkNoOp(write: Write, say: Say): void {
  if (write.effect.kind === 'Status' && statusPatch(write.effect.before, write.effect.after) === undefined)
    say('S15', 'status written without a change');
}
