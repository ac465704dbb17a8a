/** The fields of an ApisixRoute that weights and header routes depend on, and the rules of a header route made from them. */

import type { SetHeaderRoute } from '../../crds/schema/canary-steps.ts';
import type { Json, JsonObject, KubeObject } from '../../kube/api.ts';
import type { ServicePair } from './split.ts';

export interface ApisixBackend {
  readonly serviceName: string;
  readonly servicePort?: Json;
  readonly weight?: number;
}

export interface ApisixRule {
  readonly name?: string;
  readonly priority?: number;
  readonly match?: { readonly exprs?: readonly Json[] };
  readonly backends?: readonly ApisixBackend[];
}

/** The server validated the object against the CRD, so only presence is in question here, not types. */
interface ApisixRoute extends KubeObject {
  readonly spec?: { readonly ingressClassName?: string; readonly http?: readonly ApisixRule[] };
}

export function rulesOf(object: KubeObject & JsonObject): readonly ApisixRule[] {
  return (object as ApisixRoute).spec?.http ?? [];
}

/** Position of a Service among the backends; -1 when it is not there. */
export function positionOf(rule: ApisixRule, service: string): number {
  return (rule.backends ?? []).findIndex((one) => one.serviceName === service);
}

/** The ingress controller takes an absent weight as 100. */
export function weightOf(backend: ApisixBackend | undefined): number {
  return backend?.weight ?? 100;
}

type HeaderMatch = NonNullable<SetHeaderRoute['match']>[number];

/** A copy of a weighted rule that takes requests with the headers to the canary alone; the larger priority wins. */
export function headerRule(
  rule: ApisixRule,
  pair: ServicePair,
  match: readonly HeaderMatch[],
  priority: number,
): ApisixRule {
  const backends = (rule.backends ?? [])
    .filter((one) => one.serviceName !== pair.stable)
    .map((one) => (one.serviceName === pair.canary ? { ...one, weight: 100 } : one));
  const exprs = [...(rule.match?.exprs ?? []), ...match.flatMap(expressions)];
  return { ...rule, priority, match: { ...rule.match, exprs }, backends };
}

function expressions({ headerName, headerValue }: HeaderMatch): Json[] {
  const subject = { scope: 'Header', name: headerName };
  const { exact, prefix, regex } = headerValue ?? {};
  return [
    ...(exact ? [{ subject, op: 'Equal', value: exact }] : []),
    ...(regex ? [{ subject, op: 'RegexMatch', value: regex }] : []),
    ...(prefix ? [{ subject, op: 'RegexMatch', value: `^${escaped(prefix)}.*` }] : []),
  ];
}

/** A prefix is plain text: its dots and brackets must not become operators. */
function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
