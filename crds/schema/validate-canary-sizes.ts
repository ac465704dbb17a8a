/** Rules about how many pods the revisions of a canary have, how long old ones live on, and which Services take turns. */

import { type Dialect, isArgo } from './dialect.ts';
import { hasTrafficRouting } from './gateway-routes.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';
import { routerNames } from './traffic-routing.ts';

const field = 'spec.strategy.canary';

const countFields = ['minPodsPerReplicaSet', 'scaleDownDelayRevisionLimit'] as const;

function negative(rollout: Rollout, report: Report): Problem[] {
  const canary = rollout.spec.strategy.canary ?? {};
  return countFields
    .filter((name) => (canary[name] ?? 0) < 0)
    .map((name) => report(`${field}.${name}`, valueText(canary[name]), 'it must be 0 or more', 'raise it'));
}

/** Rule 9 of argo-rollouts.md 1.10: one way to keep old pods for open requests at a time, and both are a router's. */
function dynamicScale(rollout: Rollout, report: Report): Problem[] {
  const { dynamicStableScale, scaleDownDelaySeconds } = rollout.spec.strategy.canary ?? {};
  if (dynamicStableScale !== true) return [];
  const at = `${field}.dynamicStableScale`;
  if (!hasTrafficRouting(rollout)) return [report(at, 'true', 'it needs trafficRouting', 'remove it or add a router')];
  return scaleDownDelaySeconds === undefined
    ? []
    : [report(at, 'true', 'it excludes scaleDownDelaySeconds', 'remove one of the two')];
}

function threshold(rollout: Rollout, report: Report): Problem[] {
  const value = rollout.spec.strategy.canary?.replicaProgressThreshold;
  if (value === undefined) return [];
  const most = value.type === 'Percent' ? 100 : Number.POSITIVE_INFINITY;
  if (value.value >= 0 && value.value <= most) return [];
  const allowed = value.type === 'Percent' ? 'a percentage is 0 to 100' : 'it must be 0 or more';
  return [report(`${field}.replicaProgressThreshold.value`, valueText(value.value), allowed, 'correct it')];
}

/** Routers that send traffic to a Service by whichever role it has now. */
const pingPongRouters: readonly string[] = ['gatewayAPI', 'alb', 'istio'];

/** Rule 7 of argo-rollouts.md 1.10; that ALB then needs rootService is a rule of that router. */
function pingPong(rollout: Rollout, dialect: Dialect, report: Report): Problem[] {
  const { pingPong: pair, trafficRouting } = rollout.spec.strategy.canary ?? {};
  if (pair === undefined) return [];
  const at = `${field}.pingPong`;
  const empty = (['pingService', 'pongService'] as const)
    .filter((name) => pair[name] === '')
    .map((name) => report(`${at}.${name}`, 'empty', 'it must be the name of a Service', 'name the Service'));
  if (empty.length > 0) return empty;
  const problems: Problem[] = [];
  if (pair.pingService === pair.pongService)
    problems.push(
      report(
        `${at}.pongService`,
        valueText(pair.pongService),
        'it must differ from pingService',
        'name another Service',
      ),
    );
  if (trafficRouting === undefined)
    return [...problems, report(at, 'set without trafficRouting', 'it needs a router', 'add a router or remove it')];
  const other = routerNames.find((name) => trafficRouting[name] !== undefined && !pingPongRouters.includes(name));
  if (other !== undefined)
    problems.push(
      report(
        at,
        `set with router ${other}`,
        `routers that can do it are ${pingPongRouters.join(', ')} and plugins`,
        'remove it',
      ),
    );
  const named = (['canaryService', 'stableService'] as const).filter((name) => rollout.spec.strategy.canary?.[name]);
  if (named.length > 0 && !isArgo(dialect))
    problems.push(
      report(`${field}.${named.join(' and ')}`, 'set with pingPong', 'ping and pong take their place', 'remove it'),
    );
  return problems;
}

function rollbackWindow(rollout: Rollout, report: Report): Problem[] {
  const revisions = rollout.spec.rollbackWindow?.revisions;
  if (revisions === undefined || revisions >= 1) return [];
  return [
    report('spec.rollbackWindow.revisions', valueText(revisions), 'it must be 1 or more', 'raise it or remove it'),
  ];
}

/** All of them, in the order of the spec. */
export function validateCanarySizes(rollout: Rollout, dialect: Dialect, report: Report): Problem[] {
  return [
    ...rollbackWindow(rollout, report),
    ...dynamicScale(rollout, report),
    ...negative(rollout, report),
    ...pingPong(rollout, dialect, report),
    ...threshold(rollout, report),
  ];
}
