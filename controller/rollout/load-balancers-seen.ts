/** What is known of the load balancers of a Rollout under way: which Ingress is to be asked about, and what AWS said of it. Pure. */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { KubeObject } from '../../kube/api.ts';
import { albActions } from '../traffic/alb.ts';
import { type AlbVerdict, verifiedAlb } from '../traffic/alb-verified.ts';
import type { Found, TrafficRouter } from '../traffic/router.ts';
import type { AwsQuestion } from './aws-question.ts';
import { type Known, knownOf, WeightsReading } from './aws-readings.ts';
import type { CallAnswer } from './calls.ts';

export interface LoadBalancerSeen {
  readonly ingress: string;
  /** Names this version of the Ingress. */
  readonly about: string;
  readonly question: AwsQuestion;
  readonly known: Known<WeightsReading>;
}

type Answers = ReadonlyMap<string, CallAnswer> | undefined;

/** The routers, with the one of AWS load balancers such that it confirms what AWS has said about the Ingress as it stands. */
export function askedRouters(
  routers: readonly TrafficRouter[],
  rollout: Rollout,
  answers: Answers,
): readonly TrafficRouter[] {
  const verdictOf = (ingress: KubeObject) => verdict(knownWeights(rollout, ingress, answers));
  return routers.map((one) => (one.name === 'ALB' ? verifiedAlb(one, verdictOf) : one));
}

export function loadBalancersSeen(rollout: Rollout, found: Found, answers: Answers): readonly LoadBalancerSeen[] {
  const { stable = '', canary = '' } = servicesOf(rollout);
  return albActions(rollout, found).map(({ ingress, hosts, groups }) => {
    const { name, namespace = '' } = ingress.metadata;
    return {
      ingress: name,
      about: versionOf(ingress),
      question: { kind: 'weights', namespace, ingress: name, hosts, canary, stable, groups },
      known: knownWeights(rollout, ingress, answers),
    };
  });
}

function knownWeights(rollout: Rollout, ingress: KubeObject, answers: Answers): Known<WeightsReading> {
  const { uid = '' } = rollout.metadata;
  return knownOf(answers, uid, versionOf(ingress), WeightsReading);
}

/** A load balancer that had the weights of an earlier version may have others now. */
function versionOf({ kind, metadata }: KubeObject): string {
  const { uid = '', resourceVersion = '' } = metadata;
  return `${kind}/${uid}@${resourceVersion}`;
}

function verdict({ last }: Known<WeightsReading>): AlbVerdict {
  if (last === undefined) return { kind: 'no', why: 'AWS has not been asked about the weights yet' };
  if (last.kind === 'none') return { kind: 'no', why: last.why };
  const { isVerified, why = 'the load balancer does not have them' } = last.reading;
  return isVerified ? { kind: 'yes' } : { kind: 'no', why };
}
