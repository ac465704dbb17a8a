/** `get`: one Rollout with its tree, or a line per Rollout; with -w again whenever something changed. */

import { asRun } from '../../crds/schema/resolve-preset.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { Instant } from '../../kube/api.ts';
import { apiError } from '../exit-code.ts';
import { show, type Shown, type WatchedLine } from '../output.ts';
import { all, readRuns, readScene } from '../read-scene.ts';
import type { Session } from '../session.ts';
import { lineText, listText, type RolloutLine, rolloutLine, rolloutList } from '../view/list-view.ts';
import { rolloutText } from '../view/rollout-text.ts';
import { rolloutView } from '../view/rollout-view.ts';
import type { Scene } from '../view/scene.ts';
import { watchView } from './watch-view.ts';

export interface GetOptions {
  readonly name?: string;
  readonly allNamespaces: boolean;
  readonly selector?: string;
  readonly watch: boolean;
  readonly headers: boolean;
}

export async function get(session: Session, options: GetOptions): Promise<void> {
  const { name } = options;
  const read = name === undefined ? () => shownList(session, options) : () => shownRollout(session, name);
  if (options.watch) return watchView(session, read);
  show(await read(), session.flags.output, session.terminal);
}

async function shownRollout(session: Session, name: string): Promise<Shown> {
  const scene = await readScene(session, name);
  const view = rolloutView(scene);
  return {
    view,
    text: () => rolloutText(view, scene.now, session.style),
    names: [resourceName(session, name)],
    lines: () => [watchedLine(rolloutLine(scene), scene.now, session)],
  };
}

async function shownList(session: Session, options: GetOptions): Promise<Shown> {
  const everywhere = options.allNamespaces ? { ...session, namespace: '' } : session;
  const notes: string[] = [];
  const rollouts = await readRollouts(everywhere, options.selector, notes);
  const runs = await readRuns(everywhere, notes);
  const now = session.terminal.clock.now();
  const scenes = rollouts.map((rollout): Scene => {
    const own = runs.filter((run) => run.spec.rollout.uid === rollout.metadata.uid);
    return {
      now,
      dialect: session.dialect,
      rollout,
      replicaSets: [],
      pods: [],
      analysisRuns: [],
      runs: own,
      reverts: [],
      notes: [],
    };
  });
  const view = rolloutList(scenes, notes);
  const empty = `No Rollouts in ${options.allNamespaces ? 'any namespace' : `namespace ${session.namespace}`}.\n`;
  if (view.items.length === 0 && session.flags.output === 'text') session.terminal.err(empty);
  return {
    view,
    text: () =>
      view.items.length === 0 ? '' : listText(view, now, session.style, options.allNamespaces, options.headers),
    names: view.items.map((item) => resourceName(session, item.name)),
    lines: () => view.items.map((item) => watchedLine(item, now, session)),
  };
}

async function readRollouts(session: Session, selector: string | undefined, notes: string[]): Promise<Rollout[]> {
  const scope = session.namespace === '' ? {} : { namespace: session.namespace };
  const filter = selector === undefined ? {} : { labelSelector: selector };
  const answer = await session.client.list(
    { group: session.dialect.group, kind: 'Rollout' },
    { ...session.call, ...scope, ...filter },
  );
  if (answer.kind !== 'ok') throw apiError('list Rollouts', answer);
  return all(Rollout, answer.items, notes).map(asRun);
}

function watchedLine(line: RolloutLine, now: Instant, session: Session): WatchedLine {
  return {
    key: `${line.namespace}/${line.name}`,
    state: JSON.stringify(line),
    text: lineText(line, now, session.style),
  };
}

function resourceName(session: Session, name: string): string {
  return `rollout.${session.dialect.group}/${name}`;
}
