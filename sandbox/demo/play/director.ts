/** Plays the scenarios one after the other, looks at everything several times a second, and tells and shows what it sees. */

import { decisionsOf } from '../../../cli/view/scene.ts';
import type { DemoEvent, ScenarioResult } from '../events.ts';
import { promote, promoteCommand, type Promoted } from '../cluster/promote.ts';
import { type Scenario, scenariosOf } from '../scenarios.ts';
import { demoPicture } from '../show/demo-picture.ts';
import type { Show } from '../show/show.ts';
import { writeTimeline } from '../show/timeline-file.ts';
import { changeTeller } from '../view/changes.ts';
import { timelineRecorder, type TimelineRecorder, type TimelineRun } from '../view/timeline.ts';
import { endPins, type Ending, trafficSamples, verdictOf } from './finished-run.ts';
import { type Look, looker } from './look.ts';
import { isAtGate, playScenario } from './play-scenario.ts';
import { realMs, realSleep } from './real-time.ts';
import { Left, type Stage } from './stage.ts';
import type { World } from './world.ts';

export interface Director {
  /** Resolves when all are played; rejects with Left when the signal aborts, with Error when it can't go on. */
  play(): Promise<readonly ScenarioResult[]>;
  /** After the scenarios: looks on, until the signal aborts. Rejects as `play` does. */
  lookOn(): Promise<never>;
  /** Somebody pressed p. */
  promote(): void;
}

interface Progress {
  newest: Look;
  index: number;
  isPromoting: boolean;
  /** The newest promotion by key in this scenario. */
  promotedByKey: Promise<Promoted> | undefined;
  timelinePath: string | undefined;
  recorder: TimelineRecorder | undefined;
  /** The app when its verdict was seen: later looks are of another revision. */
  failed: Look['app'];
  readonly results: ScenarioResult[];
  readonly runs: TimelineRun[];
}

interface Set {
  readonly world: World;
  readonly show: Show;
  readonly signal: AbortSignal;
  readonly playing: readonly Scenario[];
  readonly progress: Progress;
}

const lookEveryMs = 150;

export function director(world: World, show: Show, signal: AbortSignal): Director {
  const progress: Progress = {
    newest: { at: world.cluster.clock.now(), log: [] },
    index: 0,
    isPromoting: false,
    promotedByKey: undefined,
    timelinePath: undefined,
    recorder: undefined,
    failed: undefined,
    results: [],
    runs: [],
  };
  const set: Set = { world, show, signal, playing: scenariosOf(world.options.scenario), progress };
  const looking = lookAgainAndAgain(set);
  return {
    play: () => Promise.race([playAll(set), looking]),
    lookOn: () => looking,
    promote: () => void promoteByKey(set),
  };
}

/** Never resolves: whoever plays decides when it is over. */
async function lookAgainAndAgain(set: Set): Promise<never> {
  const { world, signal, progress } = set;
  const eyes = await looker(world, signal, set.show.isInteractive);
  const changes = changeTeller();
  try {
    for (;;) {
      if (signal.aborted) throw new Left();
      progress.newest = await eyes.look();
      noteLook(set, changes);
      await realSleep(lookEveryMs);
    }
  } finally {
    eyes.close();
  }
}

function noteLook(set: Set, changes: ReturnType<typeof changeTeller>): void {
  const { newest } = set.progress;
  if (newest.app !== undefined) {
    for (const event of changes(newest.app)) tell(set, { ...event, at: newest.at });
    noteForTimeline(set.progress, newest);
  }
  paint(set);
}

function paint({ world, show, playing, progress }: Set): void {
  const { timelinePath, newest, index, results, isPromoting } = progress;
  const known = {
    speed: world.options.speed,
    kubeconfigPath: world.cluster.kubeconfigPath,
    cloneFolder: world.repository.cloneFolder,
    playing,
    index,
    results,
    isPromoting,
    isAtGate: isAtGate({ newest: () => newest }),
  };
  show.picture(demoPicture(newest, timelinePath === undefined ? known : { ...known, timelinePath }));
}

function noteForTimeline(progress: Progress, { at, app, scene }: Look): void {
  const { recorder } = progress;
  if (recorder === undefined || app === undefined || scene === undefined) return;
  recorder.app(at, app);
  if (app.verdict !== undefined && progress.failed === undefined) {
    progress.failed = app;
    recorder.pin({ at: app.verdict.at, kind: 'breach', text: app.verdict.breach });
  }
  const { lastCommand } = decisionsOf(scene);
  if (lastCommand?.outcome !== 'Applied') return;
  const by = lastCommand.actor === undefined ? '' : ` by ${lastCommand.actor}`;
  recorder.person(lastCommand.id, Date.parse(lastCommand.at), `${lastCommand.verb}${by}`);
}

function tell({ show, playing, progress }: Set, event: DemoEvent): void {
  show.tell(event, playing[progress.index]?.name);
}

async function playAll(set: Set): Promise<readonly ScenarioResult[]> {
  const { playing, progress } = set;
  for (const scenario of playing) {
    const result = await playOne(set, scenario);
    progress.results.push(result);
    if (progress.index === playing.length - 1) finish(set);
    tell(set, { ...result, at: now(set) });
    progress.index += 1;
  }
  paint(set);
  return progress.results;
}

function now({ world }: Set): number {
  return world.cluster.clock.now();
}

async function playOne(set: Set, scenario: Scenario): Promise<ScenarioResult> {
  const { world, show, signal, progress } = set;
  tell(set, { type: 'scenario', at: now(set), scenario: scenario.name, story: scenario.story });
  const recorder = timelineRecorder(scenario.name, scenario.story);
  progress.recorder = recorder;
  progress.failed = undefined;
  progress.promotedByKey = undefined;
  const stage: Stage = {
    world,
    signal,
    isInteractive: show.isInteractive,
    newest: () => progress.newest,
    promotedByKey: () => progress.promotedByKey,
    tell: (event) => tell(set, event),
    recorder,
  };
  const { result, startMs, endMs } = await playScenario(stage, scenario);
  const samples = world.notes.samples.filter(({ atMs }) => atMs >= startMs);
  const hash = world.users.hashOf(scenario.version) ?? '';
  const ending: Ending = { scenario, result, samples, heads: world.notes.heads, hash, endMs, timeOf: world.timeOf };
  for (const pin of endPins(ending)) recorder.pin(pin);
  const span = { from: world.timeOf(startMs), to: world.timeOf(realMs()) };
  const traffic = trafficSamples(samples, world.timeOf);
  progress.runs.push(recorder.end(span, traffic, verdictOf(ending, progress.failed)));
  progress.recorder = undefined;
  return result;
}

/** The picture is there before the last result is told, so that the result is the last line. */
function finish(set: Set): void {
  const { speed, seed } = set.world.options;
  const path = writeTimeline({ speed, seed, runs: set.progress.runs });
  set.progress.timelinePath = path;
  tell(set, { type: 'timeline', at: now(set), path });
}

async function promoteByKey(set: Set): Promise<void> {
  const { world, progress } = set;
  if (progress.isPromoting || !isAtGate({ newest: () => progress.newest })) return;
  progress.isPromoting = true;
  paint(set);
  progress.promotedByKey = promote(world.cluster.kubeconfigPath);
  const { said } = await progress.promotedByKey;
  tell(set, { type: 'promote', at: now(set), command: promoteCommand, said });
  progress.isPromoting = false;
}
