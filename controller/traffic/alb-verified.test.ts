import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { alb, albActions } from './alb.ts';
import { verifiedAlb } from './alb-verified.ts';
import { aRollout, holding, live } from './testing/route-world.ts';

const rollout = aRollout({ alb: { ingress: 'web', servicePort: 80, rootService: 'root' } });
const action = (canary: number) =>
  `{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"shop-canary","servicePort":"80","weight":${canary}},{"serviceName":"shop-stable","servicePort":80,"weight":${100 - canary}}]}}`;

function anIngress(annotations: JsonObject) {
  return live({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'team', annotations },
    spec: { rules: [] },
    status: { loadBalancer: { ingress: [{ hostname: 'lb.example' }, { ip: '1.2.3.4' }] } },
  });
}

const written = anIngress({ 'alb.ingress.kubernetes.io/actions.root': action(10) });

describe('an AWS load balancer that is asked', () => {
  it('confirms when AWS does, and says why not', () => {
    const yes = verifiedAlb(alb, () => ({ kind: 'yes' }));
    const no = verifiedAlb(alb, () => ({ kind: 'no', why: 'it lags' }));

    expect(yes.can.has('confirm')).toBe(true);
    expect(yes.read(rollout, holding([written]))).toMatchObject({ confirmed: 'yes' });
    expect(no.read(rollout, holding([written]))).toMatchObject({ confirmed: 'no', why: 'it lags' });
  });

  it('has nothing to confirm before the first write', () => {
    const no = verifiedAlb(alb, () => ({ kind: 'no', why: 'it lags' }));

    expect(no.read(rollout, holding([anIngress({})]))).toMatchObject({ confirmed: 'yes' });
  });

  it('is asked by its host, with the action as it is written', () => {
    expect(albActions(rollout, holding([written]))).toMatchObject([
      {
        hosts: ['lb.example'],
        groups: [
          { service: 'shop-canary', port: '80', weight: 10 },
          { service: 'shop-stable', port: '80', weight: 90 },
        ],
      },
    ]);
  });

  it('is not asked, and confirms nothing, without the flag', () => {
    expect(alb.can.has('confirm')).toBe(false);
    expect(alb.read(rollout, holding([written]))).toMatchObject({ confirmed: 'unknown' });
  });
});
