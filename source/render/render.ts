/** Renders one path of one commit, and remembers what the same inputs gave, so that an unchanged app costs no program. */
import type { ObjectId, RenderAnswer } from '../contract.ts';
import type { Fetcher } from '../fetch.ts';
import { keyedPool } from '../pool.ts';
import { type Session, treesAt } from '../repository.ts';
import { listClosure } from './closure.ts';
import { renderDigest } from './digest.ts';
import type { InputLimits } from './inputs.ts';
import { type KustomizeTool, renderKustomize } from './kustomize.ts';
import { kustomizationIn } from './kustomize-scan.ts';
import { lru } from './lru.ts';
import { renderPlain } from './plain.ts';

export interface RenderPlan {
  readonly commit: ObjectId;
  /** Normalised. */
  readonly path: string;
  readonly alsoPaths: readonly string[];
}

export interface Renderer {
  /** What this very call gave before, found without running anything. */
  remembered(session: Session, plan: RenderPlan): RenderAnswer | undefined;
  render(session: Session, plan: RenderPlan): Promise<RenderAnswer>;
}

export interface RendererOptions {
  readonly fetcher: Fetcher;
  readonly kustomize: KustomizeTool;
  readonly limits: InputLimits;
  /** Answers kept in memory, counted by the characters of their JSON. */
  readonly maxCachedChars: number;
}

type Good = Extract<RenderAnswer, { kind: 'ok' }>;

/** One per process. `invalid` answers are remembered too: a broken commit would otherwise be rendered at each poll. */
export function renderer(options: RendererOptions): Renderer {
  const byTrees = lru<RenderAnswer>(options.maxCachedChars);
  // From what was asked to what the trees were: so asking again runs no git at all.
  const byCommit = lru<string>(1_000_000);
  const turns = keyedPool(1);
  const askedKey = (session: Session, plan: RenderPlan) =>
    JSON.stringify([session.key, plan.commit, plan.path, plan.alsoPaths]);
  const remembered = (session: Session, plan: RenderPlan) => byTrees.get(byCommit.get(askedKey(session, plan)) ?? '');
  return {
    remembered,
    async render(session, plan) {
      const known = remembered(session, plan);
      if (known !== undefined) return known;
      const asked = askedKey(session, plan);
      const paths = [plan.path, ...plan.alsoPaths];
      const trees = await treesAt(session, plan.commit, paths);
      const key = JSON.stringify([
        paths,
        paths.map((path) => trees.get(path) ?? null),
        options.kustomize.version ?? '',
      ]);
      byCommit.set(asked, key, asked.length + key.length);
      return turns.use(key, session.signal, async () => {
        const done = byTrees.get(key);
        if (done !== undefined) return done;
        const answer = await renderFresh(options, session, plan);
        if (answer.kind === 'ok' || answer.kind === 'invalid') byTrees.set(key, answer, JSON.stringify(answer).length);
        return answer;
      });
    },
  };
}

async function renderFresh(options: RendererOptions, session: Session, plan: RenderPlan): Promise<RenderAnswer> {
  const listed = await listClosure(session, options.fetcher, plan.commit, [plan.path, ...plan.alsoPaths]);
  if (listed.kind === 'invalid') return listed;
  const { closure } = listed;
  const rendered =
    kustomizationIn(closure, plan.path) === undefined
      ? await renderPlain(session, options.fetcher, closure, plan.path, options.limits)
      : await renderKustomize(options.kustomize, session, options.fetcher, closure, plan.path, options.limits);
  if (rendered.kind === 'invalid') return { kind: 'invalid', problems: [...rendered.problems] };
  const { objects, inputs } = rendered;
  const digest = renderDigest(plan.path, inputs, rendered.renderer);
  return {
    kind: 'ok',
    digest,
    renderer: rendered.renderer,
    objects: [...objects],
    inputs: inputs.length,
  } satisfies Good;
}
