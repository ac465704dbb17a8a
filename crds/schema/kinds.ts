/** The eleven kinds: names, scope and subresources, for CRDs, discovery, CLI and RBAC. */

import type { z } from 'zod';
import { AnalysisRun, analysisRunSchema } from './analysis-run.ts';
import { AnalysisTemplate, ClusterAnalysisTemplate } from './analysis-template.ts';
import { type Dialect, isArgo, ownGroup } from './dialect.ts';
import { Experiment, experimentSchema } from './experiment.ts';
import { GitRevert } from './git-revert.ts';
import { GitSync } from './git-sync.ts';
import { Release } from './release.ts';
import { Rollout, rolloutSchema } from './rollout.ts';
import { RolloutRun } from './rollout-run.ts';
import { ClusterStrategyPreset, StrategyPreset } from './strategy-preset.ts';

export const kindNames = [
  'Rollout',
  'AnalysisTemplate',
  'ClusterAnalysisTemplate',
  'AnalysisRun',
  'Experiment',
  'GitSync',
  'Release',
  'GitRevert',
  'RolloutRun',
  'StrategyPreset',
  'ClusterStrategyPreset',
] as const;
export type KindName = (typeof kindNames)[number];

/** `ownGroup` kinds are served under tidegate.io in every dialect. */
export interface KindDefinition {
  readonly kind: KindName;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly ownGroup: boolean;
  /** Accepts objects of both dialects. */
  readonly schema: z.ZodType;
  /** Exactly one dialect, for its CRD. */
  schemaOf(dialect: Dialect): z.ZodType;
  hasStatus(dialect: Dialect): boolean;
  readonly hasScale: boolean;
}

interface Draft {
  readonly plural: string;
  readonly shortName: string;
  readonly schema: z.ZodType;
  readonly cluster?: true;
  readonly ownGroup?: true;
  readonly status?: 'always' | 'own dialect';
  readonly schemaOf?: (dialect: Dialect) => z.ZodType;
}

/** In argoproj.io only the Rollout has a status subresource: Argo writes AnalysisRuns and Experiments as whole objects. */
const drafts: Readonly<Record<KindName, Draft>> = {
  Rollout: { plural: 'rollouts', shortName: 'ro', schema: Rollout, schemaOf: rolloutSchema, status: 'always' },
  AnalysisTemplate: { plural: 'analysistemplates', shortName: 'at', schema: AnalysisTemplate },
  ClusterAnalysisTemplate: {
    plural: 'clusteranalysistemplates',
    shortName: 'cat',
    schema: ClusterAnalysisTemplate,
    cluster: true,
  },
  AnalysisRun: {
    plural: 'analysisruns',
    shortName: 'ar',
    schema: AnalysisRun,
    schemaOf: analysisRunSchema,
    status: 'own dialect',
  },
  Experiment: {
    plural: 'experiments',
    shortName: 'exp',
    schema: Experiment,
    schemaOf: experimentSchema,
    status: 'own dialect',
  },
  GitSync: { plural: 'gitsyncs', shortName: 'gs', schema: GitSync, ownGroup: true, status: 'always' },
  Release: { plural: 'releases', shortName: 'rel', schema: Release, ownGroup: true, status: 'always' },
  GitRevert: { plural: 'gitreverts', shortName: 'gr', schema: GitRevert, ownGroup: true, status: 'always' },
  RolloutRun: { plural: 'rolloutruns', shortName: 'rr', schema: RolloutRun, ownGroup: true, status: 'always' },
  StrategyPreset: { plural: 'strategypresets', shortName: 'sp', schema: StrategyPreset, ownGroup: true },
  ClusterStrategyPreset: {
    plural: 'clusterstrategypresets',
    shortName: 'csp',
    schema: ClusterStrategyPreset,
    cluster: true,
    ownGroup: true,
  },
};

function define(kind: KindName): KindDefinition {
  const draft = drafts[kind];
  return {
    kind,
    plural: draft.plural,
    singular: kind.toLowerCase(),
    shortName: draft.shortName,
    scope: draft.cluster ? 'Cluster' : 'Namespaced',
    ownGroup: draft.ownGroup ?? false,
    schema: draft.schema,
    schemaOf: draft.schemaOf ?? (() => draft.schema),
    hasStatus: (dialect) => draft.status === 'always' || (draft.status === 'own dialect' && !isArgo(dialect)),
    hasScale: kind === 'Rollout',
  };
}

/** All kinds, in the order people meet them. */
export const kinds: readonly KindDefinition[] = kindNames.map(define);

export function kindDefinition(kind: KindName): KindDefinition {
  return define(kind);
}

/** API group that a kind is served under in this dialect. */
export function groupOf(kind: KindName, dialect: Dialect): string {
  return drafts[kind].ownGroup ? ownGroup : dialect.group;
}
