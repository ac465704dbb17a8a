/** Whether the API server would take a new pod template: one dry run per template, before anything moves. */

import { objectIn } from '../../crds/schema/json.ts';
import { objectText, problem } from '../../crds/schema/problem.ts';
import type { ApiResult, JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { type RefusedField, refusedField } from '../../kube/refused-field.ts';
import type { Observed, SpecProblem } from './observed.ts';
import { hasUnknownFields } from './pod-hash-json.ts';
import { currentRevision, replicaSetObject } from './replica-sets.ts';

export type TemplateAnswer =
  | { readonly kind: 'known'; readonly problems: readonly SpecProblem[] }
  /** The API server gave no answer about the template; ask again. `refused`: it would not make the ReplicaSet now, and why. */
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs?: number; readonly refused?: string };

export interface TemplateCheck {
  check(observed: Observed, signal?: AbortSignal): Promise<TemplateAnswer>;
}

/**
 * Answers are remembered per Rollout for its newest generation, so each template costs one request. Not by hash: a field
 * that Kubernetes does not know has no part in the hash.
 */
export function templateCheck(client: KubeClient): TemplateCheck {
  const known = new Map<string, { readonly generation: string; readonly problems: readonly SpecProblem[] }>();
  return {
    async check(observed, signal) {
      const uid = observed.rollout.metadata.uid;
      if (!isNew(observed)) return { kind: 'known', problems: [] };
      const { rollout, workload } = observed;
      const generation = [rollout.metadata.generation, workload?.metadata.generation].join('/');
      const cached = known.get(uid);
      if (cached?.generation === generation) return { kind: 'known', problems: cached.problems };
      const options = { dryRun: true, strict: true, ...(signal === undefined ? {} : { signal }) };
      const answer = problemsOf(observed, await client.create(draft(observed), options));
      if (answer.kind === 'known') known.set(uid, { generation, problems: answer.problems });
      return answer;
    },
  };
}

/**
 * A template that status does not speak of and that no ReplicaSet was made from; or one with a field unknown here, which
 * may be a typo that would otherwise go unnoticed, since the hash does not change by it.
 */
function isNew(observed: Observed): boolean {
  const { podHash, rollout, replicaSets, problems } = observed;
  if (problems.length > 0) return false;
  const isKnown = rollout.status?.currentPodHash === podHash || replicaSets.some((set) => set.podHash === podHash);
  return !isKnown || isOdd(objectIn(rollout.spec.template));
}

/** By template as the caches hold it, so that each is walked once. */
const odd = new WeakMap<object, boolean>();

function isOdd(template: JsonObject): boolean {
  const known = odd.get(template) ?? hasUnknownFields(template);
  odd.set(template, known);
  return known;
}

function draft(observed: Observed): KubeObject {
  const { rollout, podHash, keys } = observed;
  const revision = currentRevision(observed, podHash);
  return replicaSetObject(rollout, { podHash, revision, replicas: 0, keys }) as unknown as KubeObject;
}

function problemsOf(observed: Observed, result: ApiResult): TemplateAnswer {
  const { rollout } = observed;
  switch (result.kind) {
    case 'ok':
      return { kind: 'known', problems: [] };
    case 'conflict':
      // The name is taken: whether by the same template is found out when it is created.
      return { kind: 'known', problems: [] };
    case 'invalid': {
      const sent = draft(observed) as unknown as JsonObject;
      const said = result.problems.length > 0 ? result.problems : [{ field: '', message: result.message }];
      return {
        kind: 'known',
        problems: said.map((one) => templateProblem(objectText(rollout), refusedField(one, sent))),
      };
    }
    case 'busy':
      return { kind: 'retry', why: 'the API server is busy', afterMs: result.retryAfterMs };
    case 'forbidden':
      return {
        kind: 'retry',
        why: `the controller may not ${result.right}`,
        refused: refusal(observed, result.message),
      };
    case 'not-found':
    case 'gone':
      return { kind: 'retry', why: result.message, refused: refusal(observed, result.message) };
    case 'unknown':
      return { kind: 'retry', why: result.cause.message };
  }
}

function refusal({ rollout, podHash }: Observed, message: string): string {
  return `could not create ReplicaSet ${rollout.metadata.name}-${podHash}: ${message}`;
}

function templateProblem(object: string, refused: RefusedField): SpecProblem {
  const field = refused.field === '' ? 'spec.template' : refused.field;
  return { scope: 'forward', field, message: problem({ object, ...refused, field }).message };
}
