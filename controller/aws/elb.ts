/** The calls of AWS Elastic Load Balancing (version 2) that verification needs, each with all its pages. */

import type { AwsAccess } from '../../outbound/aws/access.ts';
import type { AwsCall } from '../../outbound/aws/credentials.ts';
import { type Element, members, textAt } from '../../outbound/aws/xml.ts';

const version = '2015-12-01';
const mostPages = 50;
/** AWS takes so many at a time. */
const arnsPerCall = 20;

export interface LoadBalancer {
  readonly name: string;
  readonly arn: string;
  readonly host: string;
}

export interface AwsGroup {
  readonly name: string;
  readonly arn: string;
}

/** Weights by the ARN of the target group, of one rule's forward action. */
export type RuleWeights = ReadonlyMap<string, number>;

export interface Target {
  readonly id: string;
  readonly port: string;
  readonly state: string;
}

/** A refusal or failure of AWS; `why` is a sentence without its end. */
export class ElbFailure extends Error {}

export interface Elb {
  /** Undefined when the account and region have none of this DNS name. */
  loadBalancer(host: string, call: AwsCall): Promise<LoadBalancer | undefined>;
  targetGroups(loadBalancerArn: string, call: AwsCall): Promise<readonly AwsGroup[]>;
  /** Values of one tag by ARN. */
  tags(arns: readonly string[], key: string, call: AwsCall): Promise<ReadonlyMap<string, string>>;
  /** One entry per rule that forwards. */
  rules(loadBalancerArn: string, call: AwsCall): Promise<readonly RuleWeights[]>;
  targets(targetGroupArn: string, call: AwsCall): Promise<readonly Target[]>;
}

/** Every method rejects with `ElbFailure` when AWS gives no answer. */
export function elb(aws: AwsAccess): Elb {
  const ask = (action: string, params: Readonly<Record<string, string>>, call: AwsCall) =>
    pages(aws, action, params, call);
  return {
    async loadBalancer(host, call) {
      const wanted = host.toLowerCase();
      const found = (await ask('DescribeLoadBalancers', {}, call)).flatMap((page) => members(page, 'LoadBalancers'));
      const one = found.find((each) => textAt(each, 'DNSName')?.toLowerCase() === wanted);
      return one && { name: textAt(one, 'LoadBalancerName') ?? '', arn: textAt(one, 'LoadBalancerArn') ?? '', host };
    },
    async targetGroups(LoadBalancerArn, call) {
      const found = await ask('DescribeTargetGroups', { LoadBalancerArn }, call);
      return found
        .flatMap((page) => members(page, 'TargetGroups'))
        .map((one) => ({ name: textAt(one, 'TargetGroupName') ?? '', arn: textAt(one, 'TargetGroupArn') ?? '' }));
    },
    async tags(arns, key, call) {
      const found = new Map<string, string>();
      for (let at = 0; at < arns.length; at += arnsPerCall) {
        const params = arns.slice(at, at + arnsPerCall).map((arn, index) => [`ResourceArns.member.${index + 1}`, arn]);
        const answered = await ask('DescribeTags', Object.fromEntries(params) as Record<string, string>, call);
        for (const one of answered.flatMap((page) => members(page, 'TagDescriptions'))) {
          const tag = members(one, 'Tags').find((each) => textAt(each, 'Key') === key);
          if (tag !== undefined) found.set(textAt(one, 'ResourceArn') ?? '', textAt(tag, 'Value') ?? '');
        }
      }
      return found;
    },
    async rules(LoadBalancerArn, call) {
      const listeners = (await ask('DescribeListeners', { LoadBalancerArn }, call)).flatMap((page) =>
        members(page, 'Listeners'),
      );
      const rules: Element[] = [];
      for (const listener of listeners) {
        const answered = await ask('DescribeRules', { ListenerArn: textAt(listener, 'ListenerArn') ?? '' }, call);
        rules.push(...answered.flatMap((page) => members(page, 'Rules')));
      }
      return rules.flatMap((rule) => members(rule, 'Actions')).flatMap(weightsOf);
    },
    async targets(TargetGroupArn, call) {
      const found = await ask('DescribeTargetHealth', { TargetGroupArn }, call);
      return found
        .flatMap((page) => members(page, 'TargetHealthDescriptions'))
        .map((one) => ({
          id: textAt(one, 'Target', 'Id') ?? '',
          port: textAt(one, 'Target', 'Port') ?? '',
          state: textAt(one, 'TargetHealth', 'State') ?? '',
        }));
    },
  };
}

async function pages(
  aws: AwsAccess,
  action: string,
  params: Readonly<Record<string, string>>,
  call: AwsCall,
): Promise<readonly Element[]> {
  const found: Element[] = [];
  let marker: string | undefined;
  do {
    const all = marker === undefined ? params : { ...params, Marker: marker };
    const answer = await aws.query({ service: 'elasticloadbalancing', version, action, params: all }, call);
    if (answer.kind === 'failed') throw new ElbFailure(answer.why);
    found.push(answer.result);
    marker = textAt(answer.result, 'NextMarker') || undefined;
    if (found.length > mostPages) throw new ElbFailure(`AWS answered ${action} with too many pages`);
  } while (marker !== undefined);
  return found;
}

/** A forward action to a single target group may be written without weights. */
function weightsOf(action: Element): readonly RuleWeights[] {
  if (textAt(action, 'Type') !== 'forward') return [];
  const config = action.children.find((one) => one.name === 'ForwardConfig');
  const groups = members(config, 'TargetGroups').map((one): readonly [string, number] => [
    textAt(one, 'TargetGroupArn') ?? '',
    Number(textAt(one, 'Weight') ?? '1'),
  ]);
  const single = textAt(action, 'TargetGroupArn');
  if (groups.length > 0) return [new Map(groups)];
  return single === undefined ? [] : [new Map([[single, 1]])];
}
