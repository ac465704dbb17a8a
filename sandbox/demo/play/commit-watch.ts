/** What the demo notes from the cluster's log of changes: weights written, analyses failed, commands given. Pure. */

import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import { keys } from '../../../crds/schema/keys.ts';
import { isJsonObject, type Json } from '../../../crds/schema/json.ts';
import type { Commit } from '../../api-server/contract.ts';
import { appName, appNamespace } from '../shop-files.ts';

/** The weight of the canary Service after this change of the shop's HTTPRoute; undefined when it did not change. */
export function canaryWeight(commit: Commit): number | undefined {
  if (commit.kind !== 'HTTPRoute' || commit.namespace !== appNamespace || commit.name !== appName) return undefined;
  const after = weightIn(commit.after);
  return after === undefined || after === weightIn(commit.before) ? undefined : after;
}

function weightIn(route: Json | undefined): number | undefined {
  const [rule] = arrayAt(objectAt(route, 'spec'), 'rules');
  const backends = arrayAt(rule, 'backendRefs');
  const canary = backends.find((one) => isJsonObject(one) && one.name === `${appName}-canary`);
  return isJsonObject(canary) && typeof canary.weight === 'number' ? canary.weight : undefined;
}

/** True for the change with which an AnalysisRun of the shop got its failed verdict. */
export function isFailedAnalysis({ kind, namespace, before, after }: Commit): boolean {
  return (
    kind === 'AnalysisRun' && namespace === appNamespace && phaseIn(after) === 'Failed' && phaseIn(before) !== 'Failed'
  );
}

const { command, commandId } = keys(tidegateDialect);

/** True for the change with which somebody told the shop's Rollout to go on. */
export function isPromoteCommand({ kind, namespace, name, before, after }: Commit): boolean {
  if (kind !== 'Rollout' || namespace !== appNamespace || name !== appName) return false;
  const id = annotationIn(after, commandId);
  const verb = annotationIn(after, command);
  return id !== undefined && id !== annotationIn(before, commandId) && (verb === 'promote' || verb === 'promote-full');
}

function annotationIn(object: Json | undefined, key: string): Json | undefined {
  return objectAt(objectAt(objectAt(object, 'metadata'), 'annotations'), key);
}

function phaseIn(object: Json | undefined): Json | undefined {
  const status = objectAt(object, 'status');
  return isJsonObject(status) ? status.phase : undefined;
}

function objectAt(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined;
}

function arrayAt(value: Json | undefined, key: string): readonly Json[] {
  const found = objectAt(value, key);
  return Array.isArray(found) ? found : [];
}
