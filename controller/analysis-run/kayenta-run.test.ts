/** An analysis of Kayenta over many looks: it is in status before it is asked for, a restart starts no second one, its end is the verdict. */

import { describe, expect, it } from 'vitest';
import { kayentaProvider } from '../../analysis/providers/kayenta.ts';
import { argoDialect, type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { OutboundOutcome, OutboundRequest } from '../../outbound/outcome.ts';
import { aMetric, aWorld, type World } from './testing/world.ts';

type Answer = string | OutboundOutcome;

interface Kayenta {
  readonly world: World;
  /** Method and path of what it was asked. */
  readonly asked: readonly string[];
  /** What it says of the analysis from now on. */
  readonly says: (answer: Answer) => void;
}

const scored = (score: number) =>
  JSON.stringify({ complete: true, status: 'succeeded', result: { judgeResult: { score: { score } } } });

function aKayenta(dialect: Dialect): Kayenta {
  const asked: string[] = [];
  let execution: Answer = '{"complete":false,"status":"running"}';
  const answerTo = ({ method, url }: OutboundRequest): Answer => {
    if (url.includes('/canaryConfig')) return '[{"id":"c1","name":"my-test"}]';
    return method === 'POST'
      ? `{"canaryExecutionId":"run-${asked.filter((one) => one.startsWith('POST')).length}"}`
      : execution;
  };
  const send = async (request: OutboundRequest): Promise<OutboundOutcome> => {
    asked.push(`${request.method} ${URL.parse(request.url)?.pathname ?? ''}`);
    const answer = answerTo(request);
    return typeof answer === 'string' ? { kind: 'response', status: 200, headers: {}, body: answer } : answer;
  };
  const kayenta = {
    address: 'https://kayenta.example',
    application: 'guestbook',
    canaryConfigName: 'my-test',
    lookback: true,
    threshold: { pass: 90, marginal: 75 },
    scopes: [{ name: 'default', controlScope: { scope: 'a' }, experimentScope: { scope: 'b' } }],
  };
  const { successCondition: _none, ...metric } = aMetric({ name: 'score', provider: { kayenta } });
  const world = aWorld({ spec: { metrics: [metric] }, dialect, providers: [kayentaProvider()], outbound: { send } });
  return { world, asked, says: (answer) => (execution = answer) };
}

const measurementOf = (world: World) => world.status().metricResults?.[0]?.measurements?.[0];

describe.each([argoDialect, tidegateDialect])('Kayenta in $group', (dialect) => {
  it('is started once, also over a restart, and its score is the verdict', async () => {
    const { world, asked, says } = aKayenta(dialect);
    await world.pass();

    expect(measurementOf(world)).toMatchObject({
      phase: 'Running',
      metadata: { canaryExecutionId: 'run-1' },
      resumeAt: '2026-01-01T00:00:15Z',
    });
    await world.pass(20_000);
    world.restart();
    await world.pass(20_000);
    says(scored(95));
    await world.pass(20_000);

    expect(asked.filter((one) => one.startsWith('POST'))).toEqual(['POST /canary/c1']);
    expect(new Set(asked.slice(2))).toEqual(new Set(['GET /canary/run-1']));
    expect(asked.length).toBeLessThanOrEqual(7);
    expect(world.status()).toMatchObject({ phase: 'Successful' });
    expect(measurementOf(world)).toMatchObject({ phase: 'Successful', value: '95' });
  });

  it('is inconclusive between the thresholds', async () => {
    const { world, says } = aKayenta(dialect);
    says(scored(80));
    await world.pass(20_000);

    expect(world.status().phase).toBe('Inconclusive');
    expect(measurementOf(world)).toMatchObject({ phase: 'Inconclusive', value: '80' });
  });

  it('fails below them', async () => {
    const { world, says } = aKayenta(dialect);
    says(scored(20));
    await world.pass(20_000);

    expect(world.status().phase).toBe('Failed');
  });

  it('that is away for a while is asked again, and no second analysis is started', async () => {
    const { world, asked, says } = aKayenta(dialect);
    says({ kind: 'unreachable', why: 'kayenta.example refused the connection' });
    await world.pass(60_000);
    const { phase, metadata } = measurementOf(world) ?? {};
    says(scored(91));
    await world.pass(20_000);

    expect({ phase, metadata }).toMatchObject({ phase: 'Running', metadata: { unanswered: '4' } });
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
    expect(world.status().phase).toBe('Successful');
  });

  it('whose analysis has no score gives no verdict', async () => {
    const { world, says } = aKayenta(dialect);
    says('{"complete":true,"status":"terminal"}');
    await world.pass(20_000);

    expect(world.status().phase).not.toBe('Successful');
    expect(JSON.stringify(world.status())).toContain('ended the analysis without a score');
  });
});
