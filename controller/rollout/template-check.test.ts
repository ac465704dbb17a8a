import { describe, expect, it } from 'vitest';
import type { ApiResult, JsonObject } from '../../kube/api.ts';
import type { Observed } from './observed.ts';
import { templateCheck } from './template-check.ts';
import { aReplicaSet, anObserved, aStatus, type ObservedGiven } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';
import { workloadView } from './workload-view.ts';

/** What the check says of revision `two`, whose template no ReplicaSet was made from. */
function check(answer?: ApiResult) {
  const fake = fakeClient();
  fake.answer = () => answer;
  const checked = templateCheck(fake.client);
  const askOf = (observed: Observed, signal?: AbortSignal) => checked.check(observed, signal);
  return { fake, ask: (given: ObservedGiven = {}, signal?: AbortSignal) => askOf(anObserved(given), signal), askOf };
}

function withTemplate(template: JsonObject): Observed {
  const observed = anObserved({ rollout: { status: aStatus() }, replicaSets: [aReplicaSet('two')] });
  return { ...observed, rollout: { ...observed.rollout, spec: { ...observed.rollout.spec, template } } };
}

const good = { kind: 'known', problems: [] };

describe('the check of a new pod template', () => {
  it('asks the API server for a ReplicaSet without pods, as a strict dry run', async () => {
    const { fake, ask } = check();
    const { signal } = new AbortController();

    expect(await ask({}, signal)).toEqual(good);
    expect(fake.calls).toMatchObject([
      { verb: 'create', kind: 'ReplicaSet', name: 'web-two', body: { spec: { replicas: 0 } } },
    ]);
    expect(fake.calls[0]?.options).toEqual({ dryRun: true, strict: true, signal });
  });

  it('asks once for each template: of the Rollout, and of the workload that it comes from', async () => {
    const { fake, ask, askOf } = check();
    await ask();
    await ask();
    expect(fake.calls).toHaveLength(1);

    const observed = anObserved();
    const metadata = { ...observed.rollout.metadata, generation: 2 };
    await askOf({ ...observed, rollout: { ...observed.rollout, metadata } });
    const workload = workloadView({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'old', generation: 7 },
    });
    await ask({ workload });
    await ask({ workload });
    expect(fake.calls).toHaveLength(3);
  });

  it.each<[string, ObservedGiven]>([
    ['is the current revision', { rollout: { status: aStatus() } }],
    ['a ReplicaSet was made from', { replicaSets: [aReplicaSet('two')] }],
    ['can not be used anyway', { problems: [{ scope: 'spec', field: 'spec', message: 'wrong' }] }],
  ])('does not ask for a template that %s', async (_name, given) => {
    const { fake, ask } = check();

    expect(await ask(given)).toEqual(good);
    expect(fake.calls).toEqual([]);
  });

  it('asks for a known one with a field that has no part in its hash: it may be a typo', async () => {
    const { fake, askOf } = check();
    await askOf(withTemplate({ spec: { containers: [], hostNetwrk: true } }));
    await askOf(withTemplate({ spec: { containers: [], hostNetwork: true } }));

    expect(fake.calls).toHaveLength(1);
  });

  it('tells each field that the API server refuses, and bars the way forward alone', async () => {
    const problems = [{ field: 'spec.template.spec.containers[0].image', message: 'Required value' }];
    const { ask } = check({ kind: 'invalid', problems, message: 'invalid' });
    const answer = await ask();

    expect(answer).toMatchObject({ problems: [{ scope: 'forward', field: 'spec.template.spec.containers[0].image' }] });
    expect(await ask()).toEqual(answer);
  });

  it('passes on the words of a refusal that names no field', async () => {
    const { ask } = check({ kind: 'invalid', problems: [], message: 'denied by policy "no-root"' });
    const answer = await ask();

    expect(answer).toMatchObject({ kind: 'known', problems: [{ field: 'spec.template' }] });
    expect(JSON.stringify(answer)).toContain('no-root');
  });

  it.each<[string, ApiResult, object]>([
    ['busy', { kind: 'busy', retryAfterMs: 700 }, { why: 'the API server is busy', afterMs: 700 }],
    ['not sure', { kind: 'unknown', cause: new Error('connection lost') }, { why: 'connection lost' }],
    [
      'forbidding it',
      { kind: 'forbidden', right: 'create ReplicaSets', message: 'quota is used up' },
      {
        why: 'the controller may not create ReplicaSets',
        refused: 'could not create ReplicaSet web-two: quota is used up',
      },
    ],
    [
      'without the namespace',
      { kind: 'not-found', message: 'no namespace shop' },
      { why: 'no namespace shop', refused: 'could not create ReplicaSet web-two: no namespace shop' },
    ],
    ['without the version', { kind: 'gone', message: 'gone' }, { why: 'gone' }],
  ])('is made again later when the API server is %s', async (_name, answer, said) => {
    const { fake, ask } = check(answer);

    expect(await ask()).toMatchObject({ kind: 'retry', ...said });
    await ask();
    expect(fake.calls).toHaveLength(2);
  });

  it('leaves it to the creation when the name is taken', async () => {
    expect(await check({ kind: 'conflict', message: 'exists' }).ask()).toEqual(good);
  });
});
