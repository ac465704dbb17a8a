/** An analysis that shows only when it measures that it can't: the rollout holds where it is, and says what is missing. */

import { tenantRules } from '../../e2e/rights.ts';
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
  const metadata = { name: 'backend', namespace };
  await world.bed.cluster.api.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { tokn: 'hunter2' } });
}

/** The team's account keeps its other rights, but none to Secrets. */
async function accountWithoutSecrets(world: BadWorld, namespace: string): Promise<void> {
  await world.bed.cluster.api.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'deployer', namespace },
    rules: tenantRules.map((rule) => ({ ...rule, resources: rule.resources.filter((one) => one !== 'secrets') })),
  });
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
    prepare: accountWithoutSecrets,
    spoil: { hand: { rollout: { 'spec.template.spec.containers.0.image': 'tidegate.dev/app:2' } } },
    says: {
      object: /Secret [a-z0-9-]+\/backend/,
      field: /argument token/,
      found: /may not be read by ServiceAccount [a-z0-9-]+\/tidegate-deployer/,
      allowed: /get secrets in namespace/,
      remedy: /grant this account the right/,
    },
    eventOf: 'AnalysisRun',
    byDesign: startedByDesign,
  },
];
