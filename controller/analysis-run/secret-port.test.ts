/** Secrets that backends know by name: whose namespace and rights, what is said when one is not usable, and what nobody sees. */

import { describe, expect, it } from 'vitest';
import { datadogProvider } from '../../analysis/providers/datadog.ts';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { ApiResult, KubeClient } from '../../kube/api.ts';
import { fakeClock } from '../../kube/fake-clock.ts';
import type { OutboundOutcome, OutboundRequest } from '../../outbound/outcome.ts';
import type { TenantToken } from '../git-sync/tenant.ts';
import { takeMeasurement } from './measure.ts';
import type { AnalysisRunObject, PreparedMetric } from './observed.ts';
import { namedSecrets } from './secret-port.ts';
import { type SecretRights, secretsOf } from './secrets.ts';

type Data = Readonly<Record<string, string>>;

const keys: Data = { 'api-key': 'api-0123456789', 'app-key': 'app-0123456789' };
const request = {
  name: 'datadog',
  place: 'shared',
  needs: ['api-key', 'app-key'],
  may: ['address'],
  open: ['address'],
};

function cluster(secrets: Readonly<Record<string, Data>>, refusal?: ApiResult) {
  const asked: string[] = [];
  const client = {
    get: async (key: { namespace: string; name: string }, options?: { as?: unknown }): Promise<ApiResult> => {
      asked.push(`${key.namespace}/${key.name} as ${options?.as === undefined ? 'controller' : 'tenant'}`);
      const found = secrets[`${key.namespace}/${key.name}`];
      if (refusal !== undefined) return refusal;
      if (found === undefined) return { kind: 'not-found', message: 'no' };
      const data = Object.fromEntries(
        Object.entries(found).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      );
      return { kind: 'ok', object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: key.name }, data } };
    },
  } as unknown as KubeClient;
  const token = { kind: 'ok', identity: { token: 't' } } as unknown as TenantToken;
  return { asked, client, tenants: { identity: async () => token, forget: () => undefined } };
}

function portOf(rights: SecretRights, secrets: Readonly<Record<string, Data>>, refusal?: ApiResult) {
  const { asked, client, tenants } = cluster(secrets, refusal);
  const { signal } = new AbortController();
  const parts = { client, tenants, namespace: 'shop', askedBy: 'AnalysisRun shop/run', signal, rights };
  const { port, hidden } = namedSecrets(secretsOf(parts), { ...parts, sharedNamespace: 'argo-rollouts' });
  const read = (changes: object = {}) => port.read({ ...request, ...changes } as Parameters<typeof port.read>[0]);
  return { asked, hidden, read };
}

describe('a Secret that backends know by name is read', () => {
  it("in the run's namespace with the tenant's rights unless told otherwise", async () => {
    const { asked, read } = portOf('tenant', { 'shop/datadog': keys, 'argo-rollouts/datadog': keys });

    expect((await read()).kind).toBe('ok');
    expect((await read({ place: 'run' })).kind).toBe('ok');
    expect(asked).toEqual(['shop/datadog as tenant']);
  });

  it("in the controller's namespace with the controller's rights when the operator says so, or in the run's", async () => {
    const { asked, read } = portOf('controller', { 'shop/mine': keys, 'argo-rollouts/datadog': keys });

    expect((await read()).kind).toBe('ok');
    expect((await read({ name: 'mine', place: 'run' })).kind).toBe('ok');
    expect(asked).toEqual(['argo-rollouts/datadog as controller', 'shop/mine as controller']);
  });

  it('trimmed, and all its values but the open ones are to be hidden', async () => {
    const { hidden, read } = portOf('tenant', {
      'shop/datadog': { ...keys, 'app-key': 'app\n', address: 'https://x' },
    });
    const answer = await read();

    expect(answer.kind === 'ok' && Object.fromEntries(answer.values)).toEqual({
      'api-key': 'api-0123456789',
      'app-key': 'app',
      address: 'https://x',
    });
    expect(hidden()).toEqual(['api-0123456789', 'app']);
  });
});

describe('one sentence says what is wrong with a Secret', () => {
  it.each([
    ['tenant', {}, 'misconfigured', 'Secret shop/datadog does not exist: create it with the keys api-key and app-key'],
    [
      'tenant',
      { 'shop/datadog': { 'api-key': 'a' } },
      'misconfigured',
      'Secret shop/datadog has no key app-key, its keys are: api-key; add it or correct the name',
    ],
    [
      'tenant',
      { 'shop/datadog': { ...keys, 'app-key': ' \n' } },
      'misconfigured',
      'Secret shop/datadog has an empty key app-key; fill it',
    ],
    [
      'controller',
      { 'argo-rollouts/datadog': { 'api-key': 'a', other: 'b' } },
      'misconfigured',
      'Secret argo-rollouts/datadog has no key app-key; add it',
    ],
  ] as const)('%s %j', async (rights, secrets, kind, why) => {
    expect(await portOf(rights, secrets).read()).toEqual({ kind, why });
  });

  it('a right that the controller lacks', async () => {
    const refusal: ApiResult = { kind: 'forbidden', message: 'no', right: 'get secrets' };

    expect(await portOf('controller', {}, refusal).read()).toEqual({
      kind: 'misconfigured',
      why: 'Secret argo-rollouts/datadog may not be read by the account of the controller, with whose rights it is read: grant this account the right get secrets in namespace argo-rollouts',
    });
  });

  it('an API server that does not answer may pass by itself', async () => {
    const refusal: ApiResult = { kind: 'unknown', cause: new Error('lost') };

    expect(await portOf('tenant', {}, refusal).read()).toMatchObject({ kind: 'unavailable' });
  });
});

/** A measurement of Datadog whose answers repeat what they were sent. */
async function measured(answer: (sent: OutboundRequest) => OutboundOutcome) {
  const { client, tenants } = cluster({ 'shop/datadog': keys });
  const metric = {
    name: 'errors',
    source: {
      name: 'errors',
      successCondition: 'result < 1',
      provider: { datadog: { query: 'by {tag}', apiVersion: 'v2' as const } },
    },
  } as unknown as PreparedMetric;
  const run = { metadata: { namespace: 'shop', name: 'run', uid: 'u' }, spec: {} } as unknown as AnalysisRunObject;
  const parts = {
    client,
    tenants,
    clock: fakeClock(0),
    dialect: argoDialect,
    outbound: { send: async (sent: OutboundRequest) => answer(sent) },
    providers: [datadogProvider()],
    onBug: (name: string, error: unknown) => {
      throw new Error(name, { cause: error });
    },
  };
  return takeMeasurement(run, metric, [], parts, new AbortController().signal);
}

describe('a key of the Secret is never shown', () => {
  it('in the sentence of an error that repeats it', async () => {
    const { outcome } = await measured(({ headers }) => ({
      kind: 'response',
      status: 403,
      headers: {},
      body: JSON.stringify({
        errors: [`bad key ${headers?.['dd-api-key']} or ${btoa(headers?.['dd-application-key'] ?? '')}`],
      }),
    }));

    expect(outcome).toEqual({
      kind: 'judged',
      phase: 'Error',
      message:
        'Datadog refused the credentials (HTTP 403): bad key ***** or *****; check api-key and app-key in Secret "datadog"',
    });
  });

  it('in a value and what stands beside it', async () => {
    const { outcome } = await measured(({ headers }) => ({
      kind: 'response',
      status: 200,
      headers: {},
      body: JSON.stringify({
        data: {
          attributes: {
            columns: [
              { type: 'group', values: [[headers?.['dd-api-key']]] },
              { type: 'number', values: [0.5] },
            ],
          },
        },
      }),
    }));

    expect(outcome).toMatchObject({ kind: 'judged', metadata: { groups: '[{"name":"*****","value":0.5}]' } });
    expect(JSON.stringify(outcome)).not.toContain('0123456789');
  });
});
