/** Endpoints of a Service out of its pods. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../kube/api.ts';
import { aPod } from '../../testing/pods.ts';
import { sliceLabels, slicePatch, wantedSlices } from './slice.ts';

const aService = (spec: JsonObject = {}, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 'service', labels },
  spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }], ...spec },
});
const port = (containerPort: number) => ({ ip: '10.0.0.1', ports: [{ name: 'web', containerPort }] });

describe('endpoint slices', () => {
  it('has one slice for each set of port numbers behind a name', () => {
    const pods = [
      aPod({ name: 'a', ...port(8080) }),
      aPod({ name: 'b', ...port(9090) }),
      aPod({ name: 'c', ...port(8080) }),
    ];
    const slices = wantedSlices(aService(), pods);

    expect(slices.map((slice) => [slice.ports[0]?.port, slice.endpoints.length])).toEqual([
      [8080, 2],
      [9090, 1],
    ]);
  });

  it('says of each pod whether it is ready, serving, terminating', () => {
    const conditionsOf = (pod: Parameters<typeof aPod>[0], spec = {}) =>
      wantedSlices(aService(spec), [aPod({ ...port(8080), ...pod })])[0]?.endpoints[0]?.conditions;

    expect(conditionsOf({ readyForS: 1 })).toEqual({ ready: true, serving: true, terminating: false });
    expect(conditionsOf({})).toEqual({ ready: false, serving: false, terminating: false });
    expect(conditionsOf({ readyForS: 1, deleting: true })).toEqual({ ready: false, serving: true, terminating: true });
    expect(conditionsOf({}, { publishNotReadyAddresses: true })).toMatchObject({ ready: true, serving: false });
  });

  it('leaves out pods that have ended or have no address, and is never without a slice', () => {
    const pods = [aPod({ ...port(8080), phase: 'Failed' }), aPod({ ip: '' })];

    expect(wantedSlices(aService(), pods)).toEqual([{ ports: [], endpoints: [] }]);
  });

  it('writes nothing when only the order differs', () => {
    const service = aService({}, { team: 'a' });
    const pods = [aPod({ name: 'a', ...port(8080) }), aPod({ name: 'b', ...port(8080) })];
    const [wanted] = wantedSlices(service, pods);
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-x', namespace: 'shop', labels: sliceLabels(service) },
      ports: [...(wanted?.ports ?? [])],
      endpoints: [...(wanted?.endpoints ?? [])].toReversed(),
    };

    expect(wanted && slicePatch(service, slice, wanted, {})).toBeUndefined();
    expect(wanted && slicePatch(aService(), slice, wanted, {})).toMatchObject({ metadata: { labels: { team: null } } });
  });
});
