/** Rules about the settings of the mesh routers, and about experiments with weight. Their objects are judged on planning. */

import { canarySteps } from './defaults.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';
import { routerNames, type TrafficRouting } from './traffic-routing.ts';

const field = 'spec.strategy.canary.trafficRouting';

function routing(rollout: Rollout): TrafficRouting {
  return rollout.spec.strategy.canary?.trafficRouting ?? {};
}

type Istio = NonNullable<TrafficRouting['istio']>;

function istio(rollout: Rollout, report: Report): Problem[] {
  const settings = routing(rollout).istio;
  if (settings === undefined) return [];
  const { virtualService, virtualServices = [] } = settings;
  const hasOne = virtualService !== undefined;
  const both = 'exactly one of virtualService and virtualServices must be set';
  const problems: Problem[] = [];
  if (hasOne === virtualServices.length > 0) {
    const found = hasOne ? 'with both virtualService and virtualServices' : 'without a VirtualService';
    problems.push(report(`${field}.istio`, found, both, hasOne ? 'remove one' : 'add one'));
  }
  const named = [
    ...(virtualService ? [{ at: `${field}.istio.virtualService.name`, name: virtualService.name }] : []),
    ...virtualServices.map(({ name }, index) => ({ at: `${field}.istio.virtualServices[${index}].name`, name })),
  ];
  return [
    ...problems,
    ...named.flatMap(({ at, name }, index) => serviceName(rollout, at, name, named.slice(0, index), report)),
    ...subsets(settings, report),
    ...managed(rollout, settings, report),
  ];
}

/** The controller writes routes with its own rights, so a tenant must not name one of another namespace. Argo allows it. */
function serviceName(
  rollout: Rollout,
  at: string,
  name: string,
  before: readonly { readonly name: string }[],
  report: Report,
): Problem[] {
  if (name === '') return [report(at, 'empty', 'it must be the name of a VirtualService', 'name it')];
  if (before.some((one) => one.name === name))
    return [report(at, `${valueText(name)} twice`, 'each VirtualService may be named once', 'remove one')];
  const parts = name.split('.');
  const own = rollout.metadata.namespace ?? '';
  if (parts.length !== 2 || parts[1] === own) return [];
  const allowed = `only VirtualServices of the Rollout's namespace ${valueText(own)} are managed`;
  return [
    report(at, `in namespace ${valueText(parts[1])}`, allowed, 'move the VirtualService or remove the namespace'),
  ];
}

function subsets({ destinationRule }: Istio, report: Report): Problem[] {
  if (destinationRule === undefined) return [];
  const at = `${field}.istio.destinationRule`;
  const { canarySubsetName, stableSubsetName, additionalSubsetNames = [] } = destinationRule;
  const empty = (['name', 'canarySubsetName', 'stableSubsetName'] as const)
    .filter((name) => !destinationRule[name])
    .map((name) => report(`${at}.${name}`, 'empty', 'it is required', 'fill it in'));
  if (empty.length > 0) return empty;
  const same =
    canarySubsetName === stableSubsetName
      ? [
          report(
            `${at}.canarySubsetName`,
            valueText(canarySubsetName),
            'it must differ from stableSubsetName',
            'name another subset',
          ),
        ]
      : [];
  const taken = additionalSubsetNames.findIndex((name) => name === canarySubsetName || name === stableSubsetName);
  if (taken < 0) return same;
  const found = valueText(additionalSubsetNames[taken]);
  const allowed = 'subsets of the canary and of the stable revision are not additional';
  return [...same, report(`${at}.additionalSubsetNames[${taken}]`, found, allowed, 'remove it')];
}

/** A route that steps make and remove can't be one whose weights are kept. */
function managed(rollout: Rollout, settings: Istio, report: Report): Problem[] {
  const all = [settings.virtualService, ...(settings.virtualServices ?? [])];
  const weighted = new Set(all.flatMap((one) => one?.routes ?? []));
  return (routing(rollout).managedRoutes ?? []).flatMap(({ name }, index) =>
    weighted.has(name)
      ? [
          report(
            `${field}.managedRoutes[${index}].name`,
            valueText(name),
            'a route with weights of the Rollout is not made by steps',
            'choose another name',
          ),
        ]
      : [],
  );
}

function appMesh(rollout: Rollout, report: Report): Problem[] {
  const settings = routing(rollout).appMesh;
  if (settings === undefined) return [];
  const at = `${field}.appMesh`;
  const { virtualService, virtualNodeGroup: group } = settings;
  const [canary, stable] = [group?.canaryVirtualNodeRef?.name, group?.stableVirtualNodeRef?.name];
  const required = {
    'virtualService.name': [virtualService?.name, 'a VirtualService'],
    'virtualNodeGroup.canaryVirtualNodeRef.name': [canary, 'the VirtualNode of the canary'],
    'virtualNodeGroup.stableVirtualNodeRef.name': [stable, 'the VirtualNode of the stable revision'],
  } as const;
  const missing = Object.entries(required).flatMap(([path, [value, what]]) =>
    value ? [] : [report(`${at}.${path}`, value === undefined ? 'unset' : 'empty', `it must name ${what}`, 'name it')],
  );
  if (missing.length > 0 || canary !== stable) return missing;
  const path = `${at}.virtualNodeGroup.canaryVirtualNodeRef.name`;
  return [report(path, valueText(canary), 'it must differ from stableVirtualNodeRef', 'name another VirtualNode')];
}

function kuma(rollout: Rollout, report: Report): Problem[] {
  const settings = routing(rollout).kuma;
  if (settings === undefined) return [];
  const { httpRoutes = [], tcpRoutes = [] } = settings;
  if (httpRoutes.length + tcpRoutes.length > 0) return [];
  return [report(`${field}.kuma`, 'empty', 'it must name a route', 'add httpRoutes or tcpRoutes')];
}

/** Routers that can give weight to the Services of an experiment. */
const splitters = ['istio', 'smi', 'alb', 'gatewayAPI', 'plugins'] as const;

function weightedExperiments(rollout: Rollout, report: Report): Problem[] {
  const settings = routing(rollout);
  const others = routerNames.filter((name) => settings[name] !== undefined && !splitters.some((one) => one === name));
  const canSplit = splitters.some((name) => settings[name] !== undefined) && others.length === 0;
  if (canSplit) return [];
  const allowed = `only the routers ${splitters.join(', ')} split traffic for experiments`;
  return canarySteps(rollout).flatMap((step, index) =>
    (step.experiment?.templates ?? []).flatMap(({ weight }, at) =>
      weight === undefined
        ? []
        : [
            report(
              `spec.strategy.canary.steps[${index}].experiment.templates[${at}].weight`,
              others.length > 0 ? `${weight} with ${others.join(', ')}` : `${weight} without such a router`,
              allowed,
              'remove the weight or use one of them alone',
            ),
          ],
    ),
  );
}

/** Everything wrong with the settings of Istio, App Mesh and Kuma, and with weights of experiments. */
export function validateMeshRouters(rollout: Rollout, report: Report): Problem[] {
  return [
    ...istio(rollout, report),
    ...appMesh(rollout, report),
    ...kuma(rollout, report),
    ...weightedExperiments(rollout, report),
  ];
}
