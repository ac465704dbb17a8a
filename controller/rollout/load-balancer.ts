/**
 * Verification by AWS: the questions of a Rollout under way, what is told of the answers, and whether the target groups of a
 * Service have its endpoints before the old pods lose theirs. Pure.
 */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Fact } from '../decision.ts';
import type { AwsQuestion } from './aws-question.ts';
import {
  askEveryMs,
  awsKey,
  type Heard,
  type Known,
  knownOf,
  TargetsReading,
  type WeightsReading,
} from './aws-readings.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import type { ServiceState } from './observed.ts';
import type { Scene } from './scene.ts';

/** Asks about every Ingress that AWS has not confirmed as it stands; writes go first. */
export function withLoadBalancers(scene: Scene, moves: Moves): Moves {
  const seen = scene.observed.loadBalancers ?? [];
  const isBusy = moves.effects.length > 0 || moves.event !== undefined || moves.patch !== undefined;
  if (seen.length === 0 || isBusy) return moves;
  const open = seen.filter(({ known }) => !isYes(known.last));
  const asked = together(
    ...open.map(({ about, question, known }) => ask(scene, { about, question, slot: known.slot })),
  );
  // A pass that asks writes no status, so what it told would be told again.
  const isNews =
    asked.effects.length === 0 &&
    moves.waiting?.reason === 'RouterNotConfirmed' &&
    isChanged(scene, moves.waiting.value);
  const told = isNews ? open.flatMap(({ ingress, known }) => weightFacts(scene, ingress, known.last)) : [];
  return together(moves, asked, { effects: [], facts: told });
}

function isYes(last: Heard<WeightsReading> | undefined): boolean {
  return last?.kind === 'heard' && last.reading.isVerified;
}

/** Status does not say so yet: each finding is told once. */
function isChanged({ status }: Scene, value: string | undefined): boolean {
  return status.waiting?.value !== value;
}

interface Asking {
  readonly about: string;
  readonly question: AwsQuestion;
  /** The newest slot that was asked. */
  readonly slot: number | undefined;
}

/** One question per slot of time. */
function ask(scene: Scene, { about, question, slot: known }: Asking): Moves {
  const slot = Math.floor(scene.now / askEveryMs);
  const again: Moves = { ...noMoves, lookAgainAt: (slot + 1) * askEveryMs };
  if (known !== undefined && known >= slot) return again;
  const key = awsKey(uidOf(scene), about, slot);
  const call = { key, target: { kind: 'aws', name: 'aws', question }, request: {} } as const;
  return together(again, effects({ kind: 'Call', call, tells: [] }));
}

function uidOf({ observed }: Scene): string {
  return observed.rollout.metadata.uid;
}

function weightFacts({ now }: Scene, ingress: string, last: Heard<WeightsReading> | undefined): readonly Fact[] {
  if (last === undefined) return [];
  if (last.kind === 'none') return [fact(now, 'WeightVerifyError', `The weights could not be verified: ${last.why}`)];
  const { absentHost } = last.reading;
  if (absentHost === undefined) return [];
  const text = `AWS has no load balancer with the host ${absentHost} of Ingress ${ingress}`;
  return [fact(now, 'LoadBalancerNotFound', text)];
}

/** What Argo's status shows of the load balancers; nothing where AWS was not asked or has not answered. */
export function albStatus({ observed }: Scene): Pick<RolloutStatus, 'alb' | 'albs'> {
  const said = (observed.loadBalancers ?? []).flatMap(({ ingress, known }) =>
    known.last?.kind === 'heard' && known.last.reading.loadBalancer !== undefined
      ? [statusOf(ingress, known.last.reading)]
      : [],
  );
  const [first] = said;
  if (first === undefined) return {};
  const { ingresses = [] } = observed.rollout.spec.strategy?.canary?.trafficRouting?.alb ?? {};
  return ingresses.length > 0 ? { albs: said } : { alb: first };
}

function statusOf(ingress: string, reading: WeightsReading): NonNullable<RolloutStatus['alb']> {
  const { loadBalancer, canaryTargetGroup, stableTargetGroup } = reading;
  return {
    ingress,
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    ...(canaryTargetGroup === undefined ? {} : { canaryTargetGroup }),
    ...(stableTargetGroup === undefined ? {} : { stableTargetGroup }),
  };
}

export interface TargetsOutcome {
  readonly isVerified: boolean;
  /** What it waits for, or what is told of the yes. */
  readonly moves: Moves;
}

const unasked: TargetsOutcome = { isVerified: true, moves: noMoves };

/**
 * Whether all ready endpoints of a Service are in service in its target groups, as far as AWS is asked. A load balancer learns
 * of new pods later than the endpoints do, and until then the old ones carry its requests.
 */
export function targetsInService(scene: Scene, service: ServiceState | undefined): TargetsOutcome {
  const { observed, replicas } = scene;
  const isAlb = observed.rollout.spec.strategy?.canary?.trafficRouting?.alb !== undefined;
  if (observed.verifiesTargets !== true || service === undefined || replicas === 0) return unasked;
  if (!isAlb && scene.blueGreen === undefined) return unasked;
  const { name, namespace = '', uid = '', resourceVersion = '' } = service.view.metadata;
  const about = `Service/${uid}@${resourceVersion}`;
  const known = knownOf(observed.answers, uidOf(scene), about, TargetsReading);
  const { last } = known;
  if (last?.kind === 'heard' && last.reading.isVerified)
    return { isVerified: true, moves: { effects: [], facts: verifiedFacts(scene, name, last.reading) } };
  const question = { kind: 'targets', namespace, service: name, mustExist: isAlb } as const;
  const asked = ask(scene, { about, question, slot: known.slot });
  const wait = waitForTargets(scene, name, known);
  const told = asked.effects.length === 0 ? wait : { ...wait, facts: [] };
  return { isVerified: false, moves: together(told, asked) };
}

function waitForTargets(scene: Scene, service: string, { last }: Known<TargetsReading>): Moves {
  const why = last?.kind === 'heard' ? last.reading.why : last?.why;
  const value = why ?? 'AWS has not answered yet';
  const wait = waitFor({
    reason: 'TargetsNotInService',
    on: `Service/${service}`,
    value,
    moves: `It goes on when AWS has every ready endpoint of Service/${service} in service in its target groups.`,
  });
  return {
    ...wait,
    facts: last === undefined || !isChanged(scene, value) ? [] : [unverifiedFact(scene, service, last)],
  };
}

function unverifiedFact({ now }: Scene, service: string, last: Heard<TargetsReading>): Fact {
  if (last.kind === 'none')
    return fact(
      now,
      'TargetGroupVerifyError',
      `The target groups of Service ${service} could not be verified: ${last.why}`,
    );
  return fact(
    now,
    'TargetGroupUnverified',
    `The target groups of Service ${service} are not ready: ${last.reading.why ?? ''}`,
  );
}

function verifiedFacts({ now }: Scene, service: string, { groups }: TargetsReading): readonly Fact[] {
  return groups.map(({ name, registered }) =>
    fact(
      now,
      'TargetGroupVerified',
      `All ${registered} endpoints of Service ${service} are in service in target group ${name}`,
    ),
  );
}
