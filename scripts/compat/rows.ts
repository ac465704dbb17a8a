/**
 * The rows of the compatibility page: every leaf field of the kinds that Argo Rollouts has, and the steps, routers,
 * conditions, event reasons, labels and annotations. A shape that stands in several places has one row under its own name.
 */

import { argoDialect } from '../../crds/schema/dialect.ts';
import { type KindDefinition, kinds } from '../../crds/schema/kinds.ts';
import { isRefused } from '../../crds/schema/not-supported.ts';
import { fieldRows } from '../../crds/schema-walk.ts';
import { structuralSchema } from '../../crds/structural.ts';
import { knownRows, unwritten } from './known-rows.ts';

export interface Row {
  /** `Rollout.spec.paused`, `event:RolloutPaused`. */
  readonly id: string;
  readonly group: string;
  /** The sentence that refuses it, where it is refused. */
  readonly refused?: string;
}

/** Own routers, which Argo Rollouts has not. */
const own =
  /^Rollout\.spec\.strategy\.canary\.trafficRouting\.(?:gatewayAPI|contour|kuma)\b|^Rollout\.spec\.(?:preset|gates|strategy\.(?:preset|canary\.gates|blueGreen\.gates))\b/;

/** One name for each shape that is used in several places; applied in this order. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/^ClusterAnalysisTemplate\./, 'AnalysisTemplate.'],
  [/^AnalysisRun\.spec\.(metrics|args|dryRun|measurementRetention)\b/, 'AnalysisTemplate.spec.$1'],
  [/^(?:Rollout|Experiment)\.spec\..*\b(dryRun|measurementRetention)\[\]\./, 'AnalysisTemplate.spec.$1[].'],
  [
    /^Rollout\.spec\.strategy\.(?:canary\.steps\[\]\.analysis|canary\.analysis|blueGreen\.(?:pre|post)PromotionAnalysis)\.(templates|args|analysisRunMetadata|dryRun|measurementRetention)\b/,
    'RolloutAnalysis.$1',
  ],
  [/^Rollout\.spec\.strategy\.canary\.steps\[\]\.experiment\.analyses\[\]\.args\b/, 'RolloutAnalysis.args'],
  [
    /^Rollout\.spec\.strategy\.canary\.steps\[\]\.experiment\.analysisRunMetadata\b/,
    'RolloutAnalysis.analysisRunMetadata',
  ],
  [/^.*\.(?:matchLabels|matchExpressions\b.*)$/, 'Selector'],
  [/^.*\.(?:headerValue|method|path|headers\.<name>)\.(exact|prefix|regex)$/, 'StringMatch.$1'],
  [/^(Rollout\..*)\.(?:virtualService|virtualServices\[\])\.(routes|tlsRoutes|tcpRoutes)\b/, '$1.virtualService.$2'],
  [/^.*\.antiAffinity\./, 'AntiAffinity.'],
  [/^(.*(?:Metadata|metadata))\.(?:labels|annotations)$/, '$1'],
  [/^Rollout\.status\.albs?(?:\[\])?\..*$/, 'Rollout.status.alb'],
  [/^Rollout\.status\..*AnalysisRunStatus\.(?:status|message)$/, 'RolloutAnalysisRunStatus'],
  [/^(Rollout\.status\..*AnalysisRunStatus)\.name$/, '$1'],
  [/^(Rollout\.status\.canary\.weights\.[a-z]+(?:\[\])?)\..*$/, '$1'],
  [/^AnalysisTemplate\.spec\.metrics\[\]\.provider\.(?!prometheus|web|job)(\w+)\b.*$/, 'provider:$1'],
  [/^(AnalysisTemplate\..*)\.authentication\.(oauth2|sigv4|basicAuth)\..*$/, '$1.authentication.$2'],
  [/^AnalysisRun\.status\.(runSummary|dryRunSummary)\..*$/, 'AnalysisRun.status.$1'],
  [/^(Rollout|Experiment)\.status\.conditions\[\]\..*$/, '$1.status.conditions'],
  [
    /^Rollout\.status\.canary\.stepPluginStatuses\[\]\.(?:startedAt|updatedAt|finishedAt)$/,
    'Rollout.status.canary.stepPluginStatuses[].startedAt',
  ],
];

/** The row that shows a field, by the field's own path or by the name of its shape. */
export function rowOf(id: string): string {
  return shapes.reduce((text, [pattern, name]) => text.replace(pattern, name), id);
}

let rows: readonly Row[] | undefined;

/** Every row once, in the order of the schemas. */
export function allRows(): readonly Row[] {
  rows ??= madeRows();
  return rows;
}

function madeRows(): readonly Row[] {
  const found = new Map<string, Row>();
  for (const row of [...fields(), ...knownRows]) if (!found.has(row.id)) found.set(row.id, row);
  return [...found.values()];
}

/** True for a field that holds others: its row is each of them. */
export function holdsRows(id: string): boolean {
  return allFields().has(id);
}

let known: ReadonlySet<string> | undefined;

function allFields(): ReadonlySet<string> {
  known ??= new Set(
    kinds
      .filter((kind) => !kind.ownGroup)
      .flatMap((kind) => pathsOf(kind).map((path) => rowOf(`${kind.kind}.${path}`))),
  );
  return known;
}

function pathsOf(kind: KindDefinition): readonly string[] {
  return fieldRows(structuralSchema(kind.schemaOf(argoDialect), argoDialect)).map(({ path }) => path);
}

function fields(): readonly Row[] {
  return kinds
    .filter((kind) => !kind.ownGroup)
    .flatMap((kind) => {
      const all = pathsOf(kind);
      const leaves = all.filter(
        (path) => !all.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`)),
      );
      return leaves
        .map((path) => ({ path, field: `${kind.kind}.${path}` }))
        .filter(({ field }) => !own.test(field))
        .map(({ path, field }) => {
          const id = rowOf(field);
          const isShape = id !== field && !id.startsWith(`${kind.kind}.`);
          const group = isShape ? 'Shapes used in several places' : kind.kind;
          const refused = isRefused(kind.kind, path) ? `not supported yet: ${path}` : unwritten[id];
          return refused === undefined ? { id, group } : { id, group, refused };
        });
    });
}
