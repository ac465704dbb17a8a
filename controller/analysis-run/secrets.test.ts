import { describe, expect, it } from 'vitest';
import type { ApiResult, KubeClient } from '../../kube/api.ts';
import type { TenantToken } from '../git-sync/tenant.ts';
import { type SecretRights, secretsOf } from './secrets.ts';

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, data: { token: 'aGVsbG8=' } };
const found: ApiResult = { kind: 'ok', object: secret };

/** A reader of namespace shop, with what it asked for and as whom. */
function reader(rights: SecretRights | undefined, answer: ApiResult = found) {
  const asked: string[] = [];
  const identity = { token: 'short-lived' };
  const client = {
    get: async (key: { name: string }, options?: { as?: unknown }) => {
      asked.push(`${key.name} as ${options?.as === identity ? 'tenant' : 'controller'}`);
      return answer;
    },
  } as unknown as KubeClient;
  const token = { kind: 'ok', identity } as unknown as TenantToken;
  const tenants = {
    identity: async () => {
      asked.push('token');
      return token;
    },
    forget: () => undefined,
  };
  const parts = {
    client,
    tenants,
    namespace: 'shop',
    askedBy: 'AnalysisRun shop/run',
    signal: new AbortController().signal,
  };
  return { asked, secrets: secretsOf(rights === undefined ? parts : { ...parts, rights }) };
}

describe('Secrets of a run are read', () => {
  it.each([
    ["with the tenant's rights unless told otherwise", undefined, ['token', 'login as tenant']],
    ["with the controller's own when the operator says so", 'controller', ['login as controller']],
  ] as const)('%s, once', async (_how, rights, asks) => {
    const { asked, secrets } = reader(rights);

    expect(await secrets.read('login', 'token')).toEqual({ kind: 'ok', value: 'hello' });
    expect(await secrets.read('login', 'other')).toMatchObject({ kind: 'wrong' });
    expect(asked).toEqual(asks);
  });

  it('and a missing right of the controller is named', async () => {
    const refused: ApiResult = { kind: 'forbidden', message: 'no', right: 'get secrets in namespace shop' };

    expect(await reader('controller', refused).secrets.read('login', 'token')).toEqual({
      kind: 'wrong',
      message:
        'Secret shop/login may not be read by the account of the controller, with whose rights it is read: grant this account the right get secrets in namespace shop',
    });
  });
});
