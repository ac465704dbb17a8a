/** A load balancer of AWS for tests: the answers of its API, out of a state that the test writes. */

import type { AwsAnswer, AwsHandler } from '../../../outbound/aws/testing/fake-aws.ts';

const account = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012';

export interface FakeTarget {
  readonly id: string;
  readonly port: number;
  readonly state: string;
}

export class FakeElb {
  readonly host: string;
  /** Resource tag by target group name. */
  readonly groups = new Map<string, string>();
  /** Per rule: weights by target group name. */
  rules: readonly Readonly<Record<string, number>>[] = [];
  readonly targets = new Map<string, readonly FakeTarget[]>();
  /** A code with which everything is refused. */
  refusal: string | undefined;
  /** Load balancers before this one in lists. */
  others = 0;

  constructor(host: string) {
    this.host = host;
  }

  readonly handler: AwsHandler = (request) => {
    if (request.service !== 'elasticloadbalancing') return undefined;
    if (this.refusal !== undefined)
      return { status: 403, body: `<ErrorResponse><Error><Code>${this.refusal}</Code></Error></ErrorResponse>` };
    return this.answer(request.action, request.params);
  };

  groupArn(name: string): string {
    return `${account}:targetgroup/${name}/0123456789abcdef`;
  }

  get arn(): string {
    return `${account}:loadbalancer/app/web/50dc6c495c0c9188`;
  }

  private answer(action: string, params: Readonly<Record<string, string>>): AwsAnswer {
    switch (action) {
      case 'DescribeLoadBalancers':
        return this.balancers(params['Marker']);
      case 'DescribeTargetGroups':
        return result(
          action,
          list('TargetGroups', [...this.groups.keys()], (name) => named('TargetGroup', name, this.groupArn(name))),
        );
      case 'DescribeTags':
        return result(
          action,
          list('TagDescriptions', arnsIn(params), (arn) => this.tagsOf(arn)),
        );
      case 'DescribeListeners':
        return result(action, '<Listeners><member><ListenerArn>listener-1</ListenerArn></member></Listeners>');
      case 'DescribeRules':
        return result(
          action,
          list('Rules', [...this.rules], (rule) => this.rule(rule)),
        );
      case 'DescribeTargetHealth':
        return result(action, list('TargetHealthDescriptions', this.targetsOf(params['TargetGroupArn']), targetText));
      default:
        return { status: 400, body: '<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>' };
    }
  }

  /** One load balancer a page. */
  private balancers(marker: string | undefined): AwsAnswer {
    const at = Number(marker ?? 0);
    const isLast = at >= this.others;
    const host = isLast ? this.host : `other-${at}.elb.amazonaws.com`;
    const one = `<member>${named('LoadBalancer', isLast ? 'web' : 'other', this.arn)}<DNSName>${host}</DNSName></member>`;
    const next = isLast ? '' : `<NextMarker>${at + 1}</NextMarker>`;
    return result('DescribeLoadBalancers', `<LoadBalancers>${one}</LoadBalancers>${next}`);
  }

  private tagsOf(arn: string): string {
    const [, tag = ''] = [...this.groups].find(([name]) => this.groupArn(name) === arn) ?? [];
    const pair = `<member><Key>ingress.k8s.aws/resource</Key><Value>${tag}</Value></member>`;
    return `<ResourceArn>${arn}</ResourceArn><Tags><member><Key>x</Key><Value>y</Value></member>${pair}</Tags>`;
  }

  private rule(weights: Readonly<Record<string, number>>): string {
    const groups = list('TargetGroups', Object.entries(weights), ([name, weight]) => {
      return `<TargetGroupArn>${this.groupArn(name)}</TargetGroupArn><Weight>${weight}</Weight>`;
    });
    return `<Priority>1</Priority><Actions><member><Type>forward</Type><ForwardConfig>${groups}</ForwardConfig></member></Actions>`;
  }

  private targetsOf(arn: string | undefined): readonly FakeTarget[] {
    const [name = ''] = [...this.groups.keys()].filter((one) => this.groupArn(one) === arn);
    return this.targets.get(name) ?? [];
  }
}

function arnsIn(params: Readonly<Record<string, string>>): string[] {
  const arns = Object.entries(params).flatMap(([name, value]) =>
    name.startsWith('ResourceArns.member.') ? [value] : [],
  );
  if (arns.length > 20) throw new Error('AWS takes 20 resources at most');
  return arns;
}

function named(kind: string, name: string, arn: string): string {
  return `<${kind}Name>${name}</${kind}Name><${kind}Arn>${arn}</${kind}Arn>`;
}

function list<T>(name: string, items: readonly T[], text: (item: T) => string): string {
  return `<${name}>${items.map((item) => `<member>${text(item)}</member>`).join('')}</${name}>`;
}

function targetText({ id, port, state }: FakeTarget): string {
  return `<Target><Id>${id}</Id><Port>${port}</Port></Target><TargetHealth><State>${state}</State></TargetHealth>`;
}

function result(action: string, inner: string): AwsAnswer {
  return {
    body: `<${action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><${action}Result>${inner}</${action}Result></${action}Response>`,
  };
}
