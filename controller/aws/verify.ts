/** Answers the rollout room's questions to AWS: the weights of a load balancer, and the targets of a Service. */

import type { KubeClient } from '../../kube/api.ts';
import type { AwsAccess } from '../../outbound/aws/access.ts';
import type { AwsCall } from '../../outbound/aws/credentials.ts';
import type { AwsQuestion } from '../rollout/aws-question.ts';
import type { CallAnswer } from '../rollout/calls.ts';
import { type Elb, elb, ElbFailure, type LoadBalancer } from './elb.ts';
import { readTargets } from './target-groups.ts';
import { readWeights } from './weights.ts';

export interface AwsVerifier {
  /** Never rejects for what AWS or the API server answers. */
  ask(question: AwsQuestion, call: AwsCall): Promise<CallAnswer>;
}

export interface VerifierParts {
  readonly aws: AwsAccess;
  readonly client: Pick<KubeClient, 'get' | 'list'>;
  /** Tag by which target groups name their Ingress, Service and port. */
  readonly tagKey: string;
}

export function awsVerifier({ aws, client, tagKey }: VerifierParts): AwsVerifier {
  const balancers = remembering(elb(aws));
  return {
    async ask(question, call) {
      try {
        const reading =
          question.kind === 'weights'
            ? await readWeights(balancers, tagKey, question, call)
            : await readTargets(balancers, client, question, call);
        return { kind: 'response', status: 200, type: 'application/json', body: JSON.stringify(reading) };
      } catch (error) {
        if (error instanceof ElbFailure) return { kind: 'none', why: error.message };
        throw error;
      }
    },
  };
}

const keptMs = 10 * 60_000;
const mostKept = 1_000;

/** Load balancers are found by their name among all of the account, so one that was found is kept for a while. */
function remembering(source: Elb): Elb {
  const kept = new Map<string, { readonly found: LoadBalancer; readonly untilMs: number }>();
  return {
    ...source,
    async loadBalancer(host, call) {
      const known = kept.get(host);
      if (known !== undefined && call.nowMs < known.untilMs) return known.found;
      kept.delete(host);
      const found = await source.loadBalancer(host, call);
      if (kept.size >= mostKept) kept.clear();
      if (found !== undefined) kept.set(host, { found, untilMs: call.nowMs + keptMs });
      return found;
    },
  };
}
