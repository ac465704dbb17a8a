/** Rules about the settings of the traffic routers themselves. What their objects must look like, each router says on planning. */

import { canarySteps } from './defaults.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';
import { routerNames } from './traffic-routing.ts';

const field = 'spec.strategy.canary.trafficRouting';

function routing(rollout: Rollout) {
  return rollout.spec.strategy.canary?.trafficRouting ?? {};
}

/** True when any router is named, by its own field or as a plugin. */
export function namesRouter(rollout: Rollout): boolean {
  const settings = routing(rollout);
  return routerNames.some((name) => settings[name] !== undefined) || Object.keys(settings.plugins ?? {}).length > 0;
}

/** Exactly one of a single name and a list of names. */
function oneOrSeveral(
  at: string,
  [single, several]: readonly [string, string],
  values: readonly [string | undefined, readonly string[] | undefined],
  report: Report,
): Problem[] {
  const [one, list] = [Boolean(values[0]), (values[1] ?? []).length > 0];
  if (one !== list) return [];
  const found = one ? `with both ${single} and ${several}` : `without ${single} and ${several}`;
  return [report(at, found, `exactly one of ${single} and ${several} must be set`, one ? 'remove one' : 'add one')];
}

function empties(names: readonly string[] | undefined, at: string, what: string, report: Report): Problem[] {
  return (names ?? []).flatMap((name, index) =>
    name === '' ? [report(`${at}[${index}]`, 'empty', `it must be the name of ${what}`, 'name it')] : [],
  );
}

function nginx(rollout: Rollout, report: Report): Problem[] {
  const settings = routing(rollout).nginx;
  if (settings === undefined) return [];
  const { stableIngress, stableIngresses } = settings;
  return [
    ...oneOrSeveral(`${field}.nginx`, ['stableIngress', 'stableIngresses'], [stableIngress, stableIngresses], report),
    ...empties(stableIngresses, `${field}.nginx.stableIngresses`, 'an Ingress', report),
  ];
}

function alb(rollout: Rollout, report: Report): Problem[] {
  const settings = routing(rollout).alb;
  if (settings === undefined) return [];
  const { ingress, ingresses, rootService, stickinessConfig, servicePorts = [] } = settings;
  const at = `${field}.alb`;
  const problems = [
    ...oneOrSeveral(at, ['ingress', 'ingresses'], [ingress, ingresses], report),
    ...empties(ingresses, `${at}.ingresses`, 'an Ingress', report),
  ];
  if (rollout.spec.strategy.canary?.pingPong !== undefined && !rootService)
    problems.push(
      report(`${at}.rootService`, 'unset', 'with pingPong it is required', 'name the Service that the Ingress has'),
    );
  const { enabled = false, durationSeconds = 0 } = stickinessConfig ?? {};
  if (enabled && (durationSeconds < 1 || durationSeconds > 604_800))
    problems.push(
      report(
        `${at}.stickinessConfig.durationSeconds`,
        valueText(durationSeconds),
        'AWS takes 1 to 604800 seconds',
        'write such a number',
      ),
    );
  const named = (ingresses ?? []).length > 0 ? ingresses : [ingress];
  const stray = servicePorts.findIndex((one) => !named?.includes(one.ingress));
  if (stray >= 0)
    problems.push(
      report(
        `${at}.servicePorts[${stray}].ingress`,
        valueText(servicePorts[stray]?.ingress),
        'it must be one of the Ingresses that alb names',
        'correct the name',
      ),
    );
  return [...problems, ...exactHeaders(rollout, report)];
}

/** Conditions of a load balancer's rules know neither prefixes nor regular expressions. */
function exactHeaders(rollout: Rollout, report: Report): Problem[] {
  return canarySteps(rollout).flatMap((step, index) =>
    (step.setHeaderRoute?.match ?? []).flatMap(({ headerValue }, at) =>
      headerValue?.exact
        ? []
        : [
            report(
              `spec.strategy.canary.steps[${index}].setHeaderRoute.match[${at}].headerValue`,
              headerValue?.prefix ? 'a prefix' : headerValue?.regex ? 'a regular expression' : 'empty',
              'with alb only exact values can be matched',
              'set exact',
            ),
          ],
    ),
  );
}

function others(rollout: Rollout, report: Report): Problem[] {
  const { ambassador, traefik, apisix, contour } = routing(rollout);
  const problems: Problem[] = [];
  const must = (at: string, found: string, what: string) =>
    problems.push(report(`${field}.${at}`, found, `it must name ${what}`, `name ${what}`));
  if (ambassador && (ambassador.mappings ?? []).length === 0) must('ambassador.mappings', 'empty', 'a Mapping');
  if (traefik && !traefik.weightedTraefikServiceName)
    must('traefik.weightedTraefikServiceName', 'empty', 'a TraefikService');
  if (apisix && !apisix.route?.name) must('apisix.route', apisix.route ? 'without a name' : 'unset', 'an ApisixRoute');
  if (contour && contour.httpProxies.length === 0) must('contour.httpProxies', 'empty', 'an HTTPProxy');
  return [...problems, ...empties(ambassador?.mappings, `${field}.ambassador.mappings`, 'a Mapping', report)];
}

/** Routers of fixed percentages would read another total wrongly; so would the mixed use of both. */
function total(rollout: Rollout, report: Report): Problem[] {
  const { maxTrafficWeight, gatewayAPI, contour, nginx: byIngress, plugins } = routing(rollout);
  if (maxTrafficWeight === undefined) return [];
  if (maxTrafficWeight < 1)
    return [report(`${field}.maxTrafficWeight`, valueText(maxTrafficWeight), 'it must be 1 or more', 'raise it')];
  if (byIngress ?? plugins ?? gatewayAPI ?? contour) return [];
  return [
    report(
      `${field}.maxTrafficWeight`,
      valueText(maxTrafficWeight),
      'only nginx, plugins, gatewayAPI and contour count in other parts than 100',
      'remove it',
    ),
  ];
}

/** Everything wrong with the settings of the routers, in the order of the spec. */
export function validateRouters(rollout: Rollout, report: Report): Problem[] {
  return [...total(rollout, report), ...nginx(rollout, report), ...alb(rollout, report), ...others(rollout, report)];
}
