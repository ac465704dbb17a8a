/** The contract of the source process: every call, its request and its answer, as zod schemas and types. Both ends parse with these. */
import { z } from 'zod';
import type { JsonObject } from '../crds/schema/json.ts';

const MAX_TEXT = 4096;
const text = z.string().max(MAX_TEXT);
/** A full object id: 40 hex digits (SHA-1) or 64 (SHA-256 repositories). */
export const ObjectId = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a full commit id of 40 or 64 hex digits');
export type ObjectId = z.infer<typeof ObjectId>;

/**
 * How a repository is reached. Never logged, never part of an answer. `operator` names a key file mounted into the source process
 * and is refused when that key does not serve `namespace`. `caFile` is PEM text, not a path.
 */
export const Credentials = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none'), caFile: z.string().max(262_144).optional() }),
  z.strictObject({
    kind: z.literal('token'),
    token: text,
    username: text.optional(),
    caFile: z.string().max(262_144).optional(),
  }),
  z.strictObject({
    kind: z.literal('basic'),
    username: text,
    password: text,
    caFile: z.string().max(262_144).optional(),
  }),
  z.strictObject({ kind: z.literal('ssh'), privateKey: z.string().max(65_536), knownHosts: z.string().max(262_144) }),
  z.strictObject({ kind: z.literal('operator'), key: z.string().max(253), namespace: z.string().max(63) }),
]);
export type Credentials = z.infer<typeof Credentials>;

export const FaultKind = z.enum(['unreachable', 'auth', 'not-found', 'timeout', 'too-large', 'refused', 'internal']);
export type FaultKind = z.infer<typeof FaultKind>;

/**
 * A call that brought no answer. `message` is one sentence that names the repository and holds no credentials.
 * `refused` and `not-found` need somebody to change something; `unreachable`, `timeout`, `internal` are worth another try.
 */
export const Fault = z.strictObject({
  kind: FaultKind,
  message: z.string(),
  retryAfterMs: z.number().int().min(0).optional(),
});
export type Fault = { [K in FaultKind]: { kind: K; message: string; retryAfterMs?: number | undefined } }[FaultKind];

function faultOf<K extends FaultKind>(kind: K) {
  return z.strictObject({
    kind: z.literal(kind),
    message: z.string(),
    retryAfterMs: z.number().int().min(0).optional(),
  });
}
const faultsButRefused = [
  faultOf('unreachable'),
  faultOf('auth'),
  faultOf('not-found'),
  faultOf('timeout'),
  faultOf('too-large'),
  faultOf('internal'),
] as const;
const faults = [faultOf('refused'), ...faultsButRefused] as const;

/** Every call says how long it may take at most; the server cuts it to its own upper limit. */
const deadlineMs = z.number().int().min(1).max(3_600_000);
const repository = { repository: text, credentials: Credentials, deadlineMs };
// What arrives was read by JSON.parse, so an object is a JsonObject; walking it again would only cost time.
const manifest = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const paths = z.array(text).min(1).max(100);

export const SyncRequest = z.strictObject({ ...repository, branch: text, paths });
export type SyncRequest = z.infer<typeof SyncRequest>;
/** `trees[path]`: object id of the tree (or file) at that path in `commit`, null when the path is not there. `committedAt` is RFC 3339 in UTC. */
export const SyncAnswer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ok'),
    commit: ObjectId,
    committedAt: z.string(),
    author: z.string(),
    subject: z.string(),
    trees: z.record(z.string(), ObjectId.nullable()),
  }),
  ...faults,
]);
export type SyncAnswer = z.infer<typeof SyncAnswer>;

/** `branch` is optional: with it a commit that the cache lacks is looked for by fetching that branch first. */
export const RenderRequest = z.strictObject({
  ...repository,
  branch: text.optional(),
  commit: ObjectId,
  path: text,
  alsoPaths: z.array(text).max(100),
});
export type RenderRequest = z.infer<typeof RenderRequest>;
export const RenderProblem = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1).optional(),
  message: z.string(),
});
export type RenderProblem = z.infer<typeof RenderProblem>;
/** `digest`: sha256 hex of every input the render read plus `renderer`; `inputs`: how many files that were. */
export const RenderAnswer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ok'),
    digest: z.string(),
    renderer: z.string(),
    objects: z.array(manifest),
    inputs: z.number().int().min(0),
  }),
  z.strictObject({ kind: z.literal('invalid'), problems: z.array(RenderProblem).min(1) }),
  ...faults,
]);
export type RenderAnswer = z.infer<typeof RenderAnswer>;

export const CompareRequest = z.strictObject({
  ...repository,
  branch: text.optional(),
  commit: ObjectId,
  other: ObjectId,
  paths,
});
export type CompareRequest = z.infer<typeof CompareRequest>;
/**
 * `sameTree`: every path has the same content in both. `isAncestor`: `commit` is an ancestor of `other` (or equal).
 * `commitsBetween`: commits reachable from `other` and not from `commit`; `commitsTouchingPaths`: those of them that change a path.
 * `noAutoRevert`: those of the latter whose message has the trailer `no-auto-revert` (any value but false and no); at most 20.
 */
export const CompareAnswer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ok'),
    sameTree: z.boolean(),
    isAncestor: z.boolean(),
    commitsBetween: z.number().int().min(0),
    commitsTouchingPaths: z.number().int().min(0),
    noAutoRevert: z.array(ObjectId).max(20),
  }),
  ...faults,
]);
export type CompareAnswer = z.infer<typeof CompareAnswer>;

/** `at` is the author and committer date, RFC 3339; with it the commit is a function of the request alone. */
export const MergeRequest = z.strictObject({
  ...repository,
  branch: text,
  tip: ObjectId,
  paths,
  bad: ObjectId,
  good: ObjectId,
  message: z.string().min(1).max(65_536),
  author: z.strictObject({ name: z.string().min(1).max(256), email: z.string().min(1).max(320) }),
  at: z.iso.datetime({ offset: true }),
});
export type MergeRequest = z.infer<typeof MergeRequest>;
export const MergeAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('merged'), commit: ObjectId, parent: ObjectId, changed: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('already-reverted') }),
  z.strictObject({ kind: z.literal('conflict'), files: z.array(z.string()) }),
  // One shape for a merge that may not be made and for the fault `refused`: `why` and `message` say the same.
  z.strictObject({
    kind: z.literal('refused'),
    why: z.string(),
    message: z.string(),
    retryAfterMs: z.number().int().min(0).optional(),
  }),
  ...faultsButRefused,
]);
export type MergeAnswer = z.infer<typeof MergeAnswer>;

export const PushRequest = z.strictObject({ ...repository, branch: text, commit: ObjectId, expectedTip: ObjectId });
export type PushRequest = z.infer<typeof PushRequest>;
/**
 * `contained`: the commit is already an ancestor of the tip (an earlier push whose answer was lost). `moved`: the branch is elsewhere,
 * merge again on `tip`. `denied`: the branch did not move and the server said no. A commit that the cache has lost is the fault
 * `not-found`: merge again, the same input gives the same commit.
 */
export const PushAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pushed') }),
  z.strictObject({ kind: z.literal('moved'), tip: ObjectId }),
  z.strictObject({ kind: z.literal('denied'), why: z.string() }),
  z.strictObject({ kind: z.literal('contained') }),
  ...faults,
]);
export type PushAnswer = z.infer<typeof PushAnswer>;

export const PingRequest = z.strictObject({ deadlineMs });
export type PingRequest = z.infer<typeof PingRequest>;
/** Versions as the programs print them; `kustomize` is absent when none was found. */
export const PingAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ok'), version: z.string(), git: z.string(), kustomize: z.string().optional() }),
  ...faults,
]);
export type PingAnswer = z.infer<typeof PingAnswer>;

/** The calls by name; the name is the last part of the URL path (`POST /v1/<name>`). */
export const calls = {
  ping: { request: PingRequest, answer: PingAnswer },
  sync: { request: SyncRequest, answer: SyncAnswer },
  render: { request: RenderRequest, answer: RenderAnswer },
  compare: { request: CompareRequest, answer: CompareAnswer },
  merge: { request: MergeRequest, answer: MergeAnswer },
  push: { request: PushRequest, answer: PushAnswer },
} as const;
export type CallName = keyof typeof calls;

/** What the controller holds. Never throws for a dead, slow or broken source process: those are faults too. */
export interface Source {
  ping(request: PingRequest, signal?: AbortSignal): Promise<PingAnswer>;
  sync(request: SyncRequest, signal?: AbortSignal): Promise<SyncAnswer>;
  render(request: RenderRequest, signal?: AbortSignal): Promise<RenderAnswer>;
  compare(request: CompareRequest, signal?: AbortSignal): Promise<CompareAnswer>;
  merge(request: MergeRequest, signal?: AbortSignal): Promise<MergeAnswer>;
  push(request: PushRequest, signal?: AbortSignal): Promise<PushAnswer>;
}
