/** The demo from its first line to the last: starts everything, plays the scenarios, and leaves nothing behind. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBehind, sandboxClock } from '../clock.ts';
import { startSandbox } from '../sandbox.ts';
import { troubleIn } from './cluster/child.ts';
import type { SimulatedCluster } from './cluster/simulated-cluster.ts';
import type { ScenarioResult } from './events.ts';
import { requireGit } from './git/git-command.ts';
import type { DemoOptions } from './options.ts';
import { type Director, director } from './play/director.ts';
import { realSleep } from './play/real-time.ts';
import { Left } from './play/stage.ts';
import { firstRepository, startWorld, type World } from './play/world.ts';
import { startingPicture } from './show/demo-picture.ts';
import { type DemoStreams, type Show, showOf } from './show/show.ts';

const notice = 'simulated cluster: only the cluster is simulated; controller, source process and Git are real';
/** What does not end by then ends with the process. */
const longestStopMs = 15_000;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Leaving = 'quit' | 'interrupt' | 'gone' | (typeof signals)[number];

const exitCodes: Readonly<Record<Leaving, number>> = {
  quit: 0,
  interrupt: 130,
  gone: 129,
  SIGINT: 130,
  SIGHUP: 129,
  SIGTERM: 143,
};

interface Running {
  readonly folder: string;
  readonly keep: boolean;
  readonly leave: AbortController;
  leaving: Leaving | undefined;
  cluster: SimulatedCluster | undefined;
  world: World | undefined;
}

/** Resolves to the exit code: 0 when each scenario ended as it must. Everything is removed by then. */
export async function runDemo(options: DemoOptions, streams: DemoStreams): Promise<number> {
  await requireGit();
  const running: Running = {
    folder: temporaryFolder(),
    keep: options.keep,
    leave: new AbortController(),
    leaving: undefined,
    cluster: undefined,
    world: undefined,
  };
  const leave = (how: Leaving): void => {
    running.leaving ??= how;
    running.leave.abort();
  };
  for (const signal of signals) process.on(signal, () => leave(signal));
  let stage: Director | undefined;
  const show = showOf(options, streams, { promote: () => stage?.promote(), leave });
  process.on('exit', () => {
    show.end();
    removeAtOnce(running);
  });
  try {
    stage = await start(running, options, show);
    const results = await stage.play();
    return await end(running, stage, show, results);
  } catch (error) {
    return failed(error, running, show, streams);
  } finally {
    show.end();
    await stop(running);
    if (options.keep) streams.errors.write(`Kept: ${running.folder}\n`);
  }
}

/** @throws Error with one sentence when the folder for temporary files takes none. */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'tidegate-demo-'));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const sentence = `The demo cannot make a folder in "${tmpdir()}" (${why})`;
    throw new Error(`${sentence}: set TMPDIR to a folder that is there and that you may write to.`, { cause: error });
  }
}

async function start(running: Running, options: DemoOptions, show: Show): Promise<Director> {
  const { folder } = running;
  const rate = options.speed;
  const clockFrom = fromBehind(Date.now());
  const clock = sandboxClock({ from: clockFrom, rate });
  show.picture(startingPicture(clock.now(), rate));
  const scrapeIntervalMs = Math.max(1_000, 150 * rate);
  const starting = startSandbox({ rate, clockFrom, seed: options.seed, folder, scrapeIntervalMs });
  const [cluster, repository] = await both(
    starting.then((one) => (running.cluster = one)),
    firstRepository(folder, clock, rate),
  );
  const at = cluster.clock.now();
  show.tell({ type: 'note', at, message: notice }, undefined);
  const world = await startWorld(options, cluster, repository, folder);
  running.world = world;
  show.tell(
    {
      type: 'ready',
      at: cluster.clock.now(),
      kubeconfig: cluster.kubeconfigPath,
      gateway: cluster.gatewayUrl,
      prometheus: cluster.prometheusUrl,
      repository: world.repository.bareFolder,
      speed: rate,
      seed: options.seed,
      sinceStartMs: Math.round(performance.now()),
    },
    undefined,
  );
  return director(world, show, running.leave.signal);
}

/** Waits for both also when one fails, so that nothing starts after the end has begun. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** With somebody at the terminal the demo goes on until they leave: they may play with kubectl and git. */
async function end(
  { leave }: Running,
  stage: Director,
  show: Show,
  results: readonly ScenarioResult[],
): Promise<number> {
  try {
    if (show.isInteractive && !leave.signal.aborted) await stage.lookOn();
  } catch (error) {
    if (!(error instanceof Left)) throw error;
  }
  return codeOf(results);
}

function codeOf(results: readonly ScenarioResult[]): number {
  return results.every(({ outcome }) => outcome !== 'Unexpected') ? 0 : 1;
}

/** Tells what went wrong, with the controller's own complaints. */
function failed(error: unknown, { leaving, world }: Running, show: Show, { errors }: DemoStreams): number {
  if (error instanceof Left && leaving !== undefined) return exitCodes[leaving];
  show.end();
  const message = error instanceof Error ? error.message : String(error);
  errors.write(`The demo cannot go on: ${message}.\n`);
  const trouble = world === undefined ? [] : troubleIn(world.controller.logPath, 5);
  if (trouble.length > 0) errors.write(`The controller said last:\n${trouble.map((line) => `  ${line}\n`).join('')}`);
  return 1;
}

async function stop(running: Running): Promise<void> {
  running.leave.abort();
  await Promise.race([stopParts(running), realSleep(longestStopMs)]);
  removeAtOnce(running);
}

async function stopParts({ world, cluster }: Running): Promise<void> {
  await world?.stop();
  await cluster?.stop();
}

/** Also in the last moment of the process, when nothing can be waited for. */
function removeAtOnce({ world, folder, keep }: Running): void {
  world?.controller.kill();
  if (!keep) rmSync(folder, { recursive: true, force: true });
}
