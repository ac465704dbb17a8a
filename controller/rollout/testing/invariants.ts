/** What an outside observer checks after every write of a simulated rollout: the safety rules S01 to S15 that apply. */

import { rollingLimits } from '../../../crds/schema/defaults.ts';
import { explicitSizeAt, podsFor } from '../canary-steps.ts';
import { statusPatch } from '../status-diff.ts';
import type { World, Write } from './world.ts';

/** Installs the checks; the returned list holds every violation in words. */
export function watchInvariants(world: World, options: { readonly drainMs: number }): string[] {
  const violations: string[] = [];
  const look = (): Before => ({
    weights: world.canaryWeights,
    ...world.selected,
  });
  let before = look();
  const weights: Shares[] = [];
  world.edited = () => {
    weights.push(sharesOf(world));
    before = look();
  };
  world.check = (now, write) => {
    const say = (rule: string, what: string) => violations.push(`${rule} at +${now.now - weightsStart}ms: ${what}`);
    const shares = sharesOf(now);
    if (now.isRouted) {
      checkWeight(now, write, before.weights, say);
      checkSwitch(now, write, before, say);
      checkThirdRevision(now, shares, say);
      checkScaleDown(now, write, weights, options.drainMs, say);
      checkStableSize(now, write, say);
    } else if (now.options.routed) checkLostRouter(now, write, before, say);
    else checkAvailability(now, write, say);
    checkSteps(write, say);
    checkNoOp(write, say);
    weights.push(shares);
    before = look();
  };
  const weightsStart = world.now;
  return violations;
}

type Say = (rule: string, what: string) => void;

interface Before {
  /** Written on each route. */
  readonly weights: readonly number[];
  readonly canary: string | undefined;
  readonly stable: string | undefined;
}

/** The most that each revision may get: by what is written, and `unconfirmed` (until then) by what was written before. */
interface Shares {
  readonly at: number;
  readonly until: number;
  readonly written: Readonly<Record<string, number>>;
  readonly unconfirmed: Readonly<Record<string, number>>;
}

function sharesOf(world: World): Shares {
  const written = mostOf(world, world.canaryWeights);
  return {
    at: world.now,
    until: Math.max(...world.routes.map((one) => one.confirmedAt)),
    written,
    unconfirmed: mostOf(world, world.servedWeights()),
  };
}

function mostOf(world: World, weights: readonly number[]): Record<string, number> {
  const { stable, canary } = world.selected;
  const shares: Record<string, number> = {};
  const [onStable, onCanary] = [100 - Math.min(...weights), Math.max(...weights)];
  if (stable !== undefined) shares[stable] = onStable;
  if (canary !== undefined) shares[canary] = canary === stable ? 100 : onCanary;
  return shares;
}

/** S01, S02 and the sole exception of rule 3. */
function checkWeight(world: World, write: Write, before: readonly number[], say: Say): void {
  if (write.effect.kind !== 'SetWeight') return;
  const sum = write.effect.wanted.destinations.reduce((total, one) => total + one.weight, 0);
  const whole = write.effect.wanted.destinations.every((one) => Number.isInteger(one.weight) && one.weight >= 0);
  if (sum !== write.effect.wanted.total || !whole) say('S01', JSON.stringify(write.effect.wanted));
  const { stable, canary } = world.selected;
  if (canary === stable) return;
  world.canaryWeights.forEach((weight, index) => checkRoute(world, weight, before[index] ?? 0, say));
}

function checkRoute(world: World, weight: number, before: number, say: Say): void {
  const ready = (service: string) => world.endpoints(service)[world.services.get(service) ?? ''] ?? 0;
  const [canaryReady, stableReady] = [ready(world.roles.canary), ready(world.roles.stable)];
  if (weight > before && canaryReady < Math.min(podsFor(weight, world.replicas, 100), explicitSize(world)))
    say('S02', `canary ${weight} with ${canaryReady} ready endpoints`);
  if (weight < before && canaryReady > 0 && stableReady < podsFor(100 - weight, world.replicas, 100))
    say('S02', `stable ${100 - weight} with ${stableReady} ready endpoints`);
  if (weight < before && canaryReady === 0 && stableReady === 0 && world.replicas > 0)
    say('S02', 'weight moved with nobody ready');
  const goesBack = ['abort', 'supersede', 'back-to-stable'].includes(world.status?.transition?.kind ?? '');
  if (goesBack && weight > before) say('S07', `canary weight rose from ${before} to ${weight} on the way back`);
}

/** Pods that a setCanaryScale step asks for: the user's own word on what the weight needs. */
function explicitSize(world: World): number {
  const { currentStepIndex = 0 } = world.status ?? {};
  return explicitSizeAt(world.given.canary?.steps ?? [], currentStepIndex, world.replicas) ?? Number.POSITIVE_INFINITY;
}

/** S06: a Service changes to a revision only when that has the pods for the weight on the Service, or nobody else has any. */
function checkSwitch(world: World, write: Write, before: Before, say: Say): void {
  if (write.effect.kind !== 'SwitchService') return;
  const { target, podHash } = write.effect;
  const isStable = target.name === world.roles.stable;
  const from = isStable ? before.stable : before.canary;
  const weight = isStable ? 100 - Math.min(...world.servedWeights()) : Math.max(...world.servedWeights());
  const ready = world.readyPods(podHash);
  const needed = podsFor(weight, world.replicas, 100);
  const text = `${target.name} with weight ${weight} switched to ${podHash} with ${ready} of ${needed} pods`;
  if (weight > 0 && ready === 0 && world.replicas > 0) say('S06', text);
  if (from === undefined || world.readyPods(from) === 0) return;
  if (ready < needed) say('S06', text);
  const isAnybodySeen = Object.values(world.roles).some((name) => Object.values(world.endpoints(name)).some(Boolean));
  if (!isStable && weight > 0 && isAnybodySeen && podHash !== world.status?.stableRS) say('S12', text);
}

/** Without trafficRouting nothing is known of the route: what it may still serve of our weights stays as it is. */
function checkLostRouter(world: World, write: Write, before: Before, say: Say): void {
  const ours = world.servedWeights(world.routes.filter((one) => one.isOurs));
  if (Math.max(0, ...ours) === 0 || before.canary === world.status?.stableRS) return;
  const { effect } = write;
  const shrinks = effect.kind === 'Scale' && effect.to < effect.from && effect.podHash === before.canary;
  const switches = effect.kind === 'SwitchService' && effect.target.name === world.roles.canary;
  if (shrinks || switches)
    say('S03', `${effect.kind} of ${before.canary} while a route that is not known gives it weight`);
}

/** S12: stable, and at most one other revision, may have weight. */
function checkThirdRevision(world: World, shares: Shares, say: Say): void {
  const stable = world.status?.stableRS;
  const others = Object.entries(shares.unconfirmed).filter(([hash, share]) => hash !== stable && share > 0);
  if (stable !== undefined && others.length > 1) say('S12', JSON.stringify(shares.unconfirmed));
}

/** S03 and S05: no revision gets smaller than the highest weight that it may have had in the last D needs. */
function checkScaleDown(world: World, write: Write, weights: readonly Shares[], drainMs: number, say: Say): void {
  if (write.effect.kind !== 'Scale' || write.effect.to >= write.effect.from) return;
  const { podHash, to } = write.effect;
  const since = world.now - drainMs;
  const recent = [...weights, sharesOf(world)].flatMap((one, index, all) => {
    const end = all[index + 1]?.at ?? world.now;
    const written = end > since || index === all.length - 1 ? (one.written[podHash] ?? 0) : 0;
    const unconfirmed = Math.min(end, one.until) > since ? (one.unconfirmed[podHash] ?? 0) : 0;
    return [written, unconfirmed];
  });
  const asked = podHash === world.status?.currentPodHash ? explicitSize(world) : Number.POSITIVE_INFINITY;
  const needed = Math.min(podsFor(Math.max(0, ...recent), world.replicas, 100), asked);
  if (to < needed) say('S03', `${podHash} scaled to ${to}, its weight of the last ${drainMs} ms needs ${needed}`);
}

/** S04: the stable revision keeps its ReplicaSet and its size. */
function checkStableSize(world: World, write: Write, say: Say): void {
  const stable = world.status?.stableRS;
  if (!stable) return;
  const set = world.sets.get(stable);
  if (set === undefined) say('S04', `ReplicaSet of stable ${stable} is gone`);
  const isOurs = write.effect.kind === 'Scale' && write.effect.podHash === stable;
  // With dynamicStableScale the weight says how many it keeps (S03).
  if (world.given.canary?.dynamicStableScale) return;
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
    after.promoteFull ||
    after.currentPodHash !== before.currentPodHash ||
    after.currentStepHash !== before.currentStepHash ||
    after.stableRS === after.currentPodHash;
  if (!explained) say('S10', `step ${from} to ${to}`);
}

/** S15: every status write changes something. */
function checkNoOp(write: Write, say: Say): void {
  if (write.effect.kind === 'Status' && statusPatch(write.effect.before, write.effect.after) === undefined)
    say('S15', 'status written without a change');
}
