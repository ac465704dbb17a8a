/** Rules about a Rollout's own fields: what the API server's schema can't say, or Argo's schema doesn't. */

import { type Dialect, isArgo } from './dialect.ts';
import { type GatewayRoute, gatewayRoutes, hasTrafficRouting } from './gateway-routes.ts';
import { resolveIntOrPercent } from './int-or-string.ts';
import { isEmptySelector, selectorMatches } from './label-selector.ts';
import { objectText, type Problem, type Report, reporter, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';
import { isPingPong } from './services-of.ts';
import { routerNames } from './traffic-routing.ts';
import { validateCanarySizes } from './validate-canary-sizes.ts';
import { antiAffinityProblems } from './validate-anti-affinity.ts';
import { validateGates } from './validate-gates.ts';
import { validateBlueGreen } from './validate-blue-green.ts';
import { namesRouter, validateRouters } from './validate-routers.ts';
import { validateMeshRouters } from './validate-mesh-routers.ts';
import { validateStepRoutes } from './validate-step-routes.ts';
import { validateSteps } from './validate-steps.ts';
import { workloadProblems } from './workload-ref.ts';

const canaryField = 'spec.strategy.canary';

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.join(',') : 'empty';
}

const numberFields = ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'] as const;

function numbers(rollout: Rollout, report: Report): Problem[] {
  const { minReadySeconds = 0, progressDeadlineSeconds } = rollout.spec;
  const negative = numberFields
    .filter((field) => (rollout.spec[field] ?? 0) < 0)
    .map((field) => report(`spec.${field}`, valueText(rollout.spec[field]), 'it must be 0 or more', 'raise it'));
  if ((progressDeadlineSeconds ?? 600) > minReadySeconds) return negative;
  const found = valueText(progressDeadlineSeconds);
  const allowed = `it must be greater than spec.minReadySeconds, which is ${minReadySeconds}`;
  return [
    ...negative,
    report('spec.progressDeadlineSeconds', found, allowed, 'raise it or lower spec.minReadySeconds'),
  ];
}

function podTemplate(rollout: Rollout, report: Report): Problem[] {
  const { selector, template } = rollout.spec;
  const problems: Problem[] = [];
  if (template === undefined) problems.push(report('spec.template', 'unset', 'it is required', 'add the pod template'));
  if (selector === undefined || isEmptySelector(selector)) {
    problems.push(
      report(
        'spec.selector',
        selector === undefined ? 'unset' : 'empty',
        'it must select the pods of this Rollout',
        'add matchLabels that the template has too',
      ),
    );
  } else if (template !== undefined && !selectorMatches(selector, template.metadata?.labels ?? {})) {
    const allowed = `it must match spec.template.metadata.labels, which are ${labelsText(template.metadata?.labels ?? {})}`;
    problems.push(
      report(
        'spec.selector',
        labelsText(selector.matchLabels ?? {}),
        allowed,
        'give the template the labels of the selector',
      ),
    );
  }
  const restartPolicy = template?.spec?.['restartPolicy'];
  if (typeof restartPolicy === 'string' && restartPolicy !== 'Always') {
    problems.push(
      report(
        'spec.template.spec.restartPolicy',
        valueText(restartPolicy),
        'pods of a Rollout must use Always',
        'remove it',
      ),
    );
  }
  return problems;
}

/** The rules of the pod template alone, for one that was taken from a workload. */
export function validatePodTemplate(rollout: Rollout): Problem[] {
  return podTemplate(rollout, reporter(objectText(rollout)));
}

function strategy(rollout: Rollout, report: Report): Problem[] {
  const { canary, blueGreen } = rollout.spec.strategy;
  if ((canary === undefined) !== (blueGreen === undefined)) return [];
  const found = canary === undefined ? 'empty' : 'canary and blueGreen';
  return [
    report(
      'spec.strategy',
      found,
      'exactly one of canary and blueGreen must be set',
      canary === undefined ? 'add one' : 'remove one',
    ),
  ];
}

const rollingFields = ['maxSurge', 'maxUnavailable'] as const;

function rolling(rollout: Rollout, report: Report): Problem[] {
  const canary = rollout.spec.strategy.canary ?? {};
  const resolved = rollingFields.map((field) =>
    canary[field] === undefined ? undefined : resolveIntOrPercent(canary[field], 100, 'up'),
  );
  const unreadable = rollingFields
    .filter((field, index) => canary[field] !== undefined && resolved[index] === undefined)
    .map((field) =>
      report(
        `${canaryField}.${field}`,
        valueText(canary[field]),
        'it must be a whole number of 0 or more, or a percentage',
        'write for example 1 or 25%',
      ),
    );
  if (resolved.some((value) => value !== 0)) return unreadable;
  return [
    report(`${canaryField}.maxUnavailable`, '0', 'maxSurge and maxUnavailable must not both be 0', 'raise one of them'),
  ];
}

function services(rollout: Rollout, report: Report): Problem[] {
  const { canaryService, stableService } = rollout.spec.strategy.canary ?? {};
  const problems: Problem[] = [];
  if (canaryService && canaryService === stableService) {
    problems.push(
      report(
        `${canaryField}.canaryService`,
        valueText(canaryService),
        'it must differ from stableService',
        'name another Service',
      ),
    );
  }
  if (!hasTrafficRouting(rollout) || splitsBySubset(rollout)) return problems;
  const missing = (['canaryService', 'stableService'] as const).filter(
    (field) => !isPingPong(rollout) && !rollout.spec.strategy.canary?.[field],
  );
  return [
    ...problems,
    ...missing.map((field) =>
      report(`${canaryField}.${field}`, 'unset', 'it is required with trafficRouting', 'name the Service'),
    ),
  ];
}

/** Subsets tell revisions apart behind one Service; every other router, beside them too, sends to a Service for each side. */
function splitsBySubset(rollout: Rollout): boolean {
  const settings = rollout.spec.strategy.canary?.trafficRouting ?? {};
  const others = routerNames.filter((name) => name !== 'istio' && settings[name] !== undefined);
  const isAlone = others.length + Object.keys(settings.plugins ?? {}).length === 0;
  return settings.istio?.destinationRule !== undefined && isAlone;
}

function routes(rollout: Rollout, dialect: Dialect, report: Report): Problem[] {
  const found = gatewayRoutes(rollout);
  const field = `${canaryField}.trafficRouting`;
  switch (found.kind) {
    case 'none':
      return hasTrafficRouting(rollout) && !namesRouter(rollout)
        ? [
            report(
              field,
              'set without a supported router',
              'it must name a router',
              'add gatewayAPI or remove trafficRouting',
            ),
          ]
        : [];
    case 'unreadable':
      return [
        report(
          found.field,
          'not readable',
          `the plugin takes httpRoute, httpRoutes[].name, the same of grpcRoute, tcpRoute and tlsRoute, and namespace (${found.why})`,
          'correct it',
        ),
      ];
    case 'routes':
      if (found.routes.length === 0)
        return [
          report(field, 'set without a route', 'at least one route must be named', 'add the name of an HTTPRoute'),
        ];
      return found.routes.flatMap((route) => routeProblems(rollout, route, dialect, report));
  }
}

/** The controller writes routes with its own rights, so a tenant must not name one of another namespace. Argo allows it. */
function routeProblems(rollout: Rollout, route: GatewayRoute, dialect: Dialect, report: Report): Problem[] {
  if (route.name === '')
    return [report(route.field, 'empty', `it must be the name of a ${route.kind}`, 'name the route')];
  const own = rollout.metadata.namespace ?? '';
  if (isArgo(dialect) || route.namespace === own) return [];
  return [
    report(
      route.field,
      `in namespace ${valueText(route.namespace)}`,
      `only routes of the Rollout's namespace ${valueText(own)} are managed`,
      'move the route or remove the namespace',
    ),
  ];
}

function delays(rollout: Rollout, report: Report): Problem[] {
  const canary = rollout.spec.strategy.canary ?? {};
  const fields = ['scaleDownDelaySeconds', 'abortScaleDownDelaySeconds'] as const;
  const negative = fields
    .filter((field) => (canary[field] ?? 0) < 0)
    .map((field) => report(`${canaryField}.${field}`, valueText(canary[field]), 'it must be 0 or more', 'raise it'));
  if (canary.scaleDownDelaySeconds === undefined || hasTrafficRouting(rollout)) return negative;
  return [
    ...negative,
    report(
      `${canaryField}.scaleDownDelaySeconds`,
      valueText(canary.scaleDownDelaySeconds),
      'it needs trafficRouting',
      'remove it or add a router',
    ),
  ];
}

/**
 * Everything wrong with the fields of a Rollout itself, in the order of the spec; empty when it can be run. Fields of the
 * `not-supported` list are told by `unsupportedFields`. Source of the rules: Argo Rollouts' own validation; where it is
 * stricter than Argo, only outside argoproj.io.
 */
export function validateRollout(rollout: Rollout, dialect: Dialect): Problem[] {
  const report = reporter(objectText(rollout));
  const hasReference = rollout.spec.workloadRef !== undefined;
  const template = hasReference ? workloadProblems(rollout, report) : podTemplate(rollout, report);
  const own = [
    ...numbers(rollout, report),
    ...template,
    ...antiAffinityProblems(rollout, report),
    ...strategy(rollout, report),
    ...validateBlueGreen(rollout, report),
    ...validateGates(rollout, report),
  ];
  if (rollout.spec.strategy.canary === undefined) return own;
  return [
    ...own,
    ...services(rollout, report),
    ...routes(rollout, dialect, report),
    ...validateMeshRouters(rollout, report),
    ...validateRouters(rollout, report),
    ...validateStepRoutes(rollout, report),
    ...rolling(rollout, report),
    ...delays(rollout, report),
    ...validateCanarySizes(rollout, dialect, report),
    ...validateSteps(rollout, dialect, report),
  ];
}
