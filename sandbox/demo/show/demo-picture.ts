/** The newest look as the live view shows it: scenario, keys that make sense now, results so far. Pure. */

import type { ScenarioResult } from '../events.ts';
import { isRevert } from '../git/git-log.ts';
import type { Look } from '../play/look.ts';
import type { Scenario } from '../scenarios.ts';
import type { DemoScene, KeyHelp, ScenarioPicture } from '../view/demo-scene.ts';

export interface Progress {
  readonly speed: number;
  readonly kubeconfigPath: string;
  readonly cloneFolder: string;
  readonly playing: readonly Scenario[];
  /** Index into `playing`; `playing.length` when all are done. */
  readonly index: number;
  readonly results: readonly ScenarioResult[];
  readonly isAtGate: boolean;
  readonly isPromoting: boolean;
  readonly timelinePath?: string;
}

/** Before there is anything to look at. */
export function startingPicture(now: number, speed: number): DemoScene {
  return { now, speed, kubeconfigPath: '', git: [], keys: [leaveKey], results: [] };
}

const leaveKey: KeyHelp = { key: 'q', does: 'leave (removes everything)' };

export function demoPicture(look: Look, progress: Progress): DemoScene {
  const { speed, kubeconfigPath, results } = progress;
  const scenario = scenarioPicture(progress);
  return {
    now: look.at,
    speed,
    kubeconfigPath,
    ...(scenario === undefined ? {} : { scenario }),
    ...(look.app === undefined ? {} : { app: look.app }),
    git: look.log.map((commit) => ({
      commit: commit.sha,
      subject: commit.subject,
      author: commit.author,
      kind: isRevert(commit) ? 'revert' : 'release',
    })),
    keys: keysOf(progress),
    results: results.map((result) => ({
      scenario: result.scenario,
      text: resultText(result),
      isExpected: result.outcome !== 'Unexpected',
    })),
  };
}

function scenarioPicture({ playing, index, cloneFolder, timelinePath }: Progress): ScenarioPicture | undefined {
  const scenario = playing[index];
  const total = playing.length;
  if (scenario !== undefined) return { name: scenario.name, number: index + 1, total, story: scenario.story };
  const last = playing.at(-1);
  if (last === undefined) return undefined;
  const picture = timelinePath === undefined ? '' : ` Timeline: ${timelinePath}`;
  const story = `All played. Your turn: commit and push in ${cloneFolder} (try ERROR_PCT), or use kubectl.${picture}`;
  return { name: last.name, number: total, total, story };
}

function keysOf({ isAtGate, isPromoting }: Progress): readonly KeyHelp[] {
  const promote = isPromoting ? [{ key: 'p', does: 'promoting...' }] : [{ key: 'p', does: 'promote' }];
  return [...(isAtGate || isPromoting ? promote : []), leaveKey];
}

function resultText({ outcome, exposedRequests, abortToStableMs }: ScenarioResult): string {
  switch (outcome) {
    case 'Promoted':
      return 'promoted';
    case 'GatePromoted':
      return 'promoted at the gate';
    case 'RolledBack':
      return `rolled back in ${abortToStableMs ?? '?'} ms, ${exposedRequests} requests exposed`;
    case 'Unexpected':
      return 'not as expected';
  }
}
