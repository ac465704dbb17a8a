/** `history`: what was released, by whom, and how it ended. */

import { Release } from '../../crds/schema/release.ts';
import { ownGroup } from '../../crds/schema/dialect.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import { show } from '../output.ts';
import { all, readList, readRollout, readRuns } from '../read-scene.ts';
import type { Session } from '../session.ts';
import { history, historyText } from '../view/history-view.ts';

/** Without a name: every Rollout and every GitSync of the namespace. */
export async function showHistory(session: Session, name: string | undefined): Promise<void> {
  const notes: string[] = [];
  const rollout = name === undefined ? undefined : await readRollout(session, name);
  const [runs, releases] = await Promise.all([
    readRuns(session, notes, name),
    readList(session, notes, ownGroup, 'Release', {}).then((items) => all(Release, items, notes)),
  ]);
  const syncUid = rollout?.metadata.labels?.[ownKeys.gitSync];
  const view = history({
    namespace: session.namespace,
    runs,
    releases: rollout === undefined ? releases : releases.filter((release) => release.spec.gitSync.uid === syncUid),
    notes,
  });
  const now = session.terminal.clock.now();
  const names = view.runs.map((run) => `rollout.${session.dialect.group}/${run.rollout} revision ${run.revision}`);
  if (view.runs.length + view.releases.length === 0)
    session.terminal.err(`No releases are recorded in namespace ${session.namespace}.\n`);
  show({ view, text: () => historyText(view, now, session.style), names }, session.flags.output, session.terminal);
}
