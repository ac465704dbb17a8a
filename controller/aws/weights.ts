/** Compares what an Ingress says about its action with what the rules of its load balancer do. */

import type { AwsCall } from '../../outbound/aws/credentials.ts';
import type { AwsQuestion, WrittenGroup } from '../rollout/aws-question.ts';
import type { AwsResourceName, WeightsReading } from '../rollout/aws-readings.ts';
import type { Elb, RuleWeights } from './elb.ts';

type Question = Extract<AwsQuestion, { kind: 'weights' }>;

/** Yes only when every rule that splits between stable and canary splits as written, and there is at least one. */
export async function readWeights(
  source: Elb,
  tagKey: string,
  question: Question,
  call: AwsCall,
): Promise<WeightsReading> {
  const { hosts, ingress } = question;
  if (hosts.length === 0)
    return { isVerified: false, why: `Ingress/${ingress} has no load balancer in its status yet` };
  let last: WeightsReading = { isVerified: false };
  for (const host of hosts) {
    last = await ofHost(source, tagKey, { question, host }, call);
    if (!last.isVerified) return last;
  }
  return last;
}

interface Place {
  readonly question: Question;
  readonly host: string;
}

async function ofHost(source: Elb, tagKey: string, { question, host }: Place, call: AwsCall): Promise<WeightsReading> {
  const balancer = await source.loadBalancer(host, call);
  if (balancer === undefined)
    return { isVerified: false, absentHost: host, why: `AWS has no load balancer with the host ${host}` };
  const groups = await source.targetGroups(balancer.arn, call);
  const arns = groups.map((one) => one.arn);
  const [tags, rules] = [await source.tags(arns, tagKey, call), await source.rules(balancer.arn, call)];
  const { namespace, ingress } = question;
  const arnOf = ({ service, port }: WrittenGroup) => {
    const id = `${namespace}/${ingress}-${service}:${port}`;
    return arns.find((arn) => tags.get(arn) === id);
  };
  const found = new Map(question.groups.map((group) => [group, arnOf(group)] as const));
  const named = (service: string) => {
    const [, arn] = [...found].find(([group]) => group.service === service) ?? [];
    const group = groups.find((one) => one.arn === arn);
    return group && { name: group.name, arn: group.arn, fullName: fullName(group.arn, 'targetgroup/') };
  };
  return {
    ...verdict(question, found, rules),
    loadBalancer: { name: balancer.name, arn: balancer.arn, fullName: shortName(balancer.arn) },
    ...resource('canaryTargetGroup', named(question.canary)),
    ...resource('stableTargetGroup', named(question.stable)),
  };
}

function resource(name: 'canaryTargetGroup' | 'stableTargetGroup', found: AwsResourceName | undefined) {
  return found === undefined ? {} : { [name]: found };
}

/** As CloudWatch names a load balancer: `app/<name>/<id>`. */
function shortName(arn: string): string {
  return fullName(arn, 'loadbalancer/').replace('loadbalancer/', '');
}

function fullName(arn: string, from: string): string {
  const at = arn.indexOf(from);
  return at < 0 ? arn : arn.slice(at);
}

function verdict(
  { groups, canary, stable }: Question,
  found: ReadonlyMap<WrittenGroup, string | undefined>,
  rules: readonly RuleWeights[],
): Pick<WeightsReading, 'isVerified' | 'why'> {
  const absent = groups.find((group) => found.get(group) === undefined);
  if (absent !== undefined)
    return no(`the load balancer has no target group of Service/${absent.service} port ${absent.port}`);
  const arnsOf = (service: string) => groups.flatMap((one) => (one.service === service ? (found.get(one) ?? []) : []));
  const has = (rule: RuleWeights, service: string) => arnsOf(service).some((arn) => rule.has(arn));
  const splitting = rules.filter((rule) => has(rule, canary) && has(rule, stable));
  if (splitting.length === 0)
    return no(`no rule of the load balancer splits between Service/${stable} and Service/${canary}`);
  for (const rule of splitting) {
    const other = groups.find((group) => rule.get(found.get(group) ?? '') !== group.weight);
    if (other !== undefined)
      return no(
        `a rule of the load balancer gives Service/${other.service} weight ${rule.get(found.get(other) ?? '') ?? 'none'}, not ${other.weight}`,
      );
    const arns = new Set(found.values());
    if ([...rule].some(([arn, weight]) => weight > 0 && !arns.has(arn)))
      return no('a rule of the load balancer has a target group that is not written on the Ingress');
  }
  return { isVerified: true };
}

function no(why: string): Pick<WeightsReading, 'isVerified' | 'why'> {
  return { isVerified: false, why };
}
