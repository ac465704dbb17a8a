import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { type FakeAws, fakeAws } from '../../outbound/aws/testing/fake-aws.ts';
import type { AwsQuestion } from '../rollout/aws-question.ts';
import type { CallAnswer } from '../rollout/calls.ts';
import { FakeElb } from './testing/fake-elb.ts';
import { awsVerifier } from './verify.ts';

const host = 'k8s-team-web-1234567890.eu-west-1.elb.amazonaws.com';
let aws: FakeAws | undefined;

afterEach(async () => {
  await aws?.close();
  aws = undefined;
});

type Objects = Readonly<Record<string, readonly JsonObject[]>>;

function aClient(objects: Objects): Pick<KubeClient, 'get' | 'list'> {
  return {
    list: ({ kind }) => {
      const items = objects[kind] as unknown as readonly (KubeObject & JsonObject)[] | undefined;
      return Promise.resolve(
        items === undefined ? { kind: 'not-found', message: '' } : { kind: 'ok', items, resourceVersion: '1' },
      );
    },
    get: ({ kind }) => {
      const object = objects[kind]?.[0] as unknown as (KubeObject & JsonObject) | undefined;
      return Promise.resolve(object === undefined ? { kind: 'not-found', message: '' } : { kind: 'ok', object });
    },
  };
}

const call = { nowMs: Date.UTC(2026, 0, 2, 3, 4, 5), signal: new AbortController().signal };
const body = (answer: CallAnswer): unknown => (answer.kind === 'response' ? JSON.parse(answer.body) : answer);

async function asked(elb: FakeElb, question: AwsQuestion, objects: Objects = {}, times = 1): Promise<unknown> {
  aws = await fakeAws(elb.handler);
  const verifier = awsVerifier({ aws: aws.access(), client: aClient(objects), tagKey: 'ingress.k8s.aws/resource' });
  for (let left = times; left > 1; left -= 1) await verifier.ask(question, call);
  return body(await verifier.ask(question, call));
}

describe('the weights of a load balancer', () => {
  const groups = [
    { service: 'canary', port: '80', weight: 10 },
    { service: 'stable', port: '80', weight: 90 },
  ];
  const question: AwsQuestion = {
    kind: 'weights',
    namespace: 'team',
    ingress: 'web',
    hosts: [host],
    canary: 'canary',
    stable: 'stable',
    groups,
  };

  function aBalancer(rules: FakeElb['rules'] = [{ c: 10, s: 90 }]): FakeElb {
    const elb = new FakeElb(host);
    elb.groups.set('c', 'team/web-canary:80');
    elb.groups.set('s', 'team/web-stable:80');
    elb.groups.set('other', 'team/web-other:80');
    elb.rules = rules;
    return elb;
  }

  it('are verified when its rules split as the Ingress says, with what Argo shows of it', async () => {
    expect(await asked(aBalancer([{ other: 1 }, { c: 100 }, { c: 10, s: 90 }]), question)).toEqual({
      isVerified: true,
      loadBalancer: {
        name: 'web',
        arn: expect.stringMatching(/^arn:aws:elasticloadbalancing:/),
        fullName: 'app/web/50dc6c495c0c9188',
      },
      canaryTargetGroup: { name: 'c', arn: expect.anything(), fullName: 'targetgroup/c/0123456789abcdef' },
      stableTargetGroup: { name: 's', arn: expect.anything(), fullName: 'targetgroup/s/0123456789abcdef' },
    });
    expect(aws?.seen.every(({ service, region }) => service === 'elasticloadbalancing' && region === 'eu-west-1')).toBe(
      true,
    );
  });

  it.each([
    ['another weight', [{ c: 0, s: 100 }], 'gives Service/canary weight 0, not 10'],
    [
      'one rule of two',
      [
        { c: 10, s: 90 },
        { c: 20, s: 80 },
      ],
      'gives Service/canary weight 20, not 10',
    ],
    ['somebody else in the rule', [{ c: 10, s: 90, other: 5 }], 'a target group that is not written on the Ingress'],
    ['no rule that splits', [{ s: 100 }], 'no rule of the load balancer splits'],
  ])('are not verified with %s', async (_name, rules, why) => {
    expect(await asked(aBalancer(rules as FakeElb['rules']), question)).toMatchObject({
      isVerified: false,
      why: expect.stringContaining(why),
      loadBalancer: { name: 'web' },
    });
  });

  it('are not verified before the target groups exist, or without a host', async () => {
    const elb = aBalancer();
    elb.groups.delete('c');

    expect(await asked(elb, question)).toMatchObject({
      why: 'the load balancer has no target group of Service/canary port 80',
    });
    expect(await asked(elb, { ...question, hosts: [] })).toEqual({
      isVerified: false,
      why: 'Ingress/web has no load balancer in its status yet',
    });
  });

  it('need a load balancer that AWS has', async () => {
    const answer = await asked(new FakeElb('another.elb.amazonaws.com'), question);

    expect(answer).toMatchObject({ isVerified: false, absentHost: host });
  });

  it('are found over all pages, and the load balancer is looked up once', async () => {
    const elb = aBalancer();
    elb.others = 3;
    for (let at = 0; at < 45; at += 1) elb.groups.set(`g${at}`, '');

    expect(await asked(elb, question, {}, 2)).toMatchObject({ isVerified: true });
    const count = (action: string) => aws?.seen.filter((one) => one.action === action).length;
    expect(count('DescribeLoadBalancers')).toBe(4);
    expect(count('DescribeTags')).toBe(6);
  });

  it('are unknown when AWS refuses', async () => {
    const elb = aBalancer();
    elb.refusal = 'AccessDenied';

    expect(await asked(elb, question)).toEqual({
      kind: 'none',
      why: 'AWS Elastic Load Balancing refused DescribeLoadBalancers (HTTP 403, AccessDenied)',
    });
  });
});

describe('the targets of a Service', () => {
  const question: AwsQuestion = { kind: 'targets', namespace: 'team', service: 'stable', mustExist: true };
  const binding = (port: string | number, targetType = 'ip', service = 'stable') => ({
    metadata: { name: 'b' },
    spec: { targetGroupARN: new FakeElb(host).groupArn('s'), targetType, serviceRef: { name: service, port } },
  });
  const endpoint = (address: string, ready = true) => ({ addresses: [address], conditions: { ready } });
  const objects = (...bindings: JsonObject[]): Objects => ({
    TargetGroupBinding: bindings,
    Service: [{ spec: { ports: [{ name: 'http', port: 80 }] } }],
    EndpointSlice: [
      {
        endpoints: [endpoint('10.0.0.1'), endpoint('10.0.0.2'), endpoint('10.0.0.3', false)],
        ports: [
          { name: 'admin', port: 9000 },
          { name: 'http', port: 8080 },
        ],
      },
    ],
  });

  function withTargets(...states: readonly string[]): FakeElb {
    const elb = new FakeElb(host);
    elb.groups.set('s', '');
    elb.targets.set(
      's',
      states.map((state, at) => ({ id: `10.0.0.${at + 1}`, port: 8080, state })),
    );
    return elb;
  }

  it.each([['http'], [80]])('are verified when all ready endpoints are in service (port %s)', async (port) => {
    expect(await asked(withTargets('healthy', 'healthy', 'draining'), question, objects(binding(port)))).toMatchObject({
      isVerified: true,
      groups: [{ name: 's', registered: 2, wanted: 2 }],
    });
  });

  it.each([['initial'], ['unhealthy'], ['draining'], ['unused']])('are not verified while one is %s', async (state) => {
    expect(await asked(withTargets('healthy', state), question, objects(binding('http')))).toMatchObject({
      isVerified: false,
      why: '1 of 2 ready endpoints of Service/stable are in service in target group s',
    });
  });

  it('need a target group behind an ALB, and none elsewhere', async () => {
    const others = objects(binding('http', 'instance'), binding('http', 'ip', 'other'));

    expect(await asked(withTargets(), question, others)).toMatchObject({ isVerified: false, groups: [] });
    expect(await asked(withTargets(), { ...question, mustExist: false }, {})).toEqual({ isVerified: true, groups: [] });
  });
});
