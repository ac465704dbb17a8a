/** Rules about steps that make routes: setHeaderRoute and setMirrorRoute. Whether the router can make them, the router says. */

import type { StringMatch } from './canary-steps.ts';
import { canarySteps } from './defaults.ts';
import { hasTrafficRouting } from './gateway-routes.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';

/** Routes are made and removed by name, so that a step can only name what is listed (argo-rollouts.md 1.10, rules 14 and 15). */
function name(rollout: Rollout, field: string, found: string | undefined, report: Report): Problem[] {
  if (!hasTrafficRouting(rollout))
    return [report(field, 'set without trafficRouting', 'it needs a router', 'add trafficRouting or remove the step')];
  if (!found)
    return [
      report(
        `${field}.name`,
        found === undefined ? 'unset' : 'empty',
        'it must name a managed route',
        'name the route',
      ),
    ];
  const listed = (rollout.spec.strategy.canary?.trafficRouting?.managedRoutes ?? []).map((one) => one.name);
  if (listed.includes(found)) return [];
  const names = listed.length === 0 ? 'which lists none' : `which lists ${listed.join(', ')}`;
  return [
    report(
      `${field}.name`,
      valueText(found),
      `it must be listed in spec.strategy.canary.trafficRouting.managedRoutes, ${names}`,
      'list it there or correct the name',
    ),
  ];
}

function value(field: string, match: StringMatch | undefined, report: Report): Problem[] {
  const { exact, prefix, regex } = match ?? {};
  const set = Object.entries({ exact, prefix, regex }).filter(([, one]) => one !== undefined && one !== '');
  if (set.length === 1) return [];
  const found = set.length === 0 ? 'empty' : `with ${set.map(([kind]) => kind).join(' and ')}`;
  return [
    report(field, found, 'exactly one of exact, prefix, regex must be set', set.length === 0 ? 'set one' : 'leave one'),
  ];
}

function header(rollout: Rollout, at: string, index: number, report: Report): Problem[] {
  const step = canarySteps(rollout)[index]?.setHeaderRoute;
  if (step === undefined) return [];
  const matches = (step.match ?? []).flatMap(({ headerName, headerValue }, position) => {
    const field = `${at}.match[${position}]`;
    const named = headerName
      ? []
      : [report(`${field}.headerName`, 'empty', 'it must be the name of a header', 'name the header')];
    return [...named, ...value(`${field}.headerValue`, headerValue, report)];
  });
  return [...name(rollout, at, step.name, report), ...matches];
}

function mirror(rollout: Rollout, at: string, index: number, report: Report): Problem[] {
  const step = canarySteps(rollout)[index]?.setMirrorRoute;
  if (step === undefined) return [];
  const { percentage } = step;
  const matches = (step.match ?? []).flatMap(({ method, path, headers = {} }, position) => {
    const field = `${at}.match[${position}]`;
    const parts = [
      ...(method === undefined ? [] : [[`${field}.method`, method] as const]),
      ...(path === undefined ? [] : [[`${field}.path`, path] as const]),
      ...Object.entries(headers).map(([key, one]) => [`${field}.headers[${JSON.stringify(key)}]`, one] as const),
    ];
    if (parts.length === 0)
      return [report(field, 'empty', 'it must say which requests are copied', 'set method, path or headers')];
    return parts.flatMap(([where, match]) => value(where, match, report));
  });
  const share =
    percentage === undefined || (percentage >= 0 && percentage <= 100)
      ? []
      : [report(`${at}.percentage`, valueText(percentage), 'it is a percentage', 'use 0 to 100')];
  return [...name(rollout, at, step.name, report), ...matches, ...share];
}

/** Names in `managedRoutes` are what rules are found again by. */
function names(rollout: Rollout, report: Report): Problem[] {
  const all = (rollout.spec.strategy.canary?.trafficRouting?.managedRoutes ?? []).map((one) => one.name);
  return all.flatMap((one, index) => {
    const field = `spec.strategy.canary.trafficRouting.managedRoutes[${index}].name`;
    if (one === '') return [report(field, 'empty', 'it must be the name of a route', 'name it or remove it')];
    return all.indexOf(one) === index
      ? []
      : [report(field, `${valueText(one)} again`, 'each name is listed once', 'remove it')];
  });
}

/** Everything wrong with managed routes and the steps that make them. */
export function validateStepRoutes(rollout: Rollout, report: Report): Problem[] {
  const ofSteps = canarySteps(rollout).flatMap((_step, index) => {
    const at = `spec.strategy.canary.steps[${index}]`;
    return [
      ...header(rollout, `${at}.setHeaderRoute`, index, report),
      ...mirror(rollout, `${at}.setMirrorRoute`, index, report),
    ];
  });
  return [...names(rollout, report), ...ofSteps];
}
