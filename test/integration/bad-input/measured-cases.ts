/** An analysis that shows only when it measures that it can't: the rollout holds where it is, and says what is missing. */

import type { BadCase } from './bad-case.ts';
import type { BadWorld } from './bad-world.ts';

const canary = 'spec.strategy.canary';

/** An analysis that reads a Secret before it measures; it comes before any weight, so that nothing has moved when it is held. */
const secretChecks = {
  checks: {
    'spec.args': [{ name: 'token', valueFrom: { secretKeyRef: { name: 'backend', key: 'token' } } }],
    'spec.metrics.0.provider': {
      web: { url: 'http://127.0.0.1:9/', headers: [{ key: 'x-token', value: '{{args.token}}' }] },
    },
  },
  rollout: {
    [`${canary}.steps`]: [{ analysis: { templates: [{ templateName: 'web-checks' }] } }, { setWeight: 50 }],
  },
};

const startedByDesign: BadCase['byDesign'] = [
  { change: /^ReplicaSet apps\/web-[0-9a-f]+ is new$/, because: 'the revision has begun; it has no pods yet' },
  { change: /^AnalysisRun tidegate\.io\/web-\S+ is new$/, because: 'the run that holds' },
  { change: /^RolloutRun tidegate\.io\/web-\S+ is new$/, because: 'the record of the revision that has begun' },
  { change: /^Service \/web-canary is changed/, because: 'the canary Service selects the new revision' },
  {
    change: /^(EndpointSlice discovery\.k8s\.io|Endpoints )\/web-canary\S* is changed/,
    because: 'it follows its Service',
  },
];

async function secretWithoutTheKey(world: BadWorld, namespace: string): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  await world.bed.cluster.api.apply(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'backend', namespace }, stringData: { tokn: 'hunter2' } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'read-backend', namespace },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['backend'], verbs: ['get'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'read-backend', namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'read-backend' },
      subjects: [{ kind: 'ServiceAccount', name: 'tidegate', namespace: 'tidegate' }],
    },
  );
}

export const measuredCases: readonly BadCase[] = [
  {
    name: 'Secret of an argument lacks the key',
    base: secretChecks,
    prepare: secretWithoutTheKey,
    spoil: { hand: { rollout: { 'spec.template.spec.containers.0.image': 'tidegate.dev/app:2' } } },
    says: {
      object: /Secret [a-z0-9-]+\/backend/,
      field: /argument token/,
      found: /has no key token/,
      allowed: /its keys are: tokn/,
      remedy: /add it or correct the name/,
    },
    eventOf: 'AnalysisRun',
    byDesign: startedByDesign,
  },
  {
    name: 'Secret of an argument may not be read',
    base: secretChecks,
    spoil: { hand: { rollout: { 'spec.template.spec.containers.0.image': 'tidegate.dev/app:2' } } },
    says: {
      object: /Secret [a-z0-9-]+\/backend/,
      field: /argument token/,
      found: /may not be read by the controller/,
      allowed: /get secrets in namespace/,
      remedy: /grant it the right/,
    },
    eventOf: 'AnalysisRun',
    byDesign: startedByDesign,
  },
];
