/** `npm run bench -- core`: the controller as shipped (the bundle) on the real bed; prints and writes JSON. Figures only, nothing passes or fails. */

import { join } from 'node:path';
import { bedMissing } from '../bed/bed.ts';
import { run } from '../bed/run-command.ts';
import type { ControllerProcess } from '../e2e/controller-process.ts';
import { startWorld, type World, worldParts } from '../e2e/world.ts';
import { conditions, writeJson } from './figures.ts';
import { measureAborts } from './measure-aborts.ts';
import { measureCommits } from './measure-commits.ts';
import { measureIdle } from './measure-idle.ts';
import { measureFiveSteps, measureHundred } from './measure-rollouts.ts';
import { startWatching, type Watching } from './watching.ts';

export interface Bench {
  readonly world: World;
  readonly watching: Watching;
  readonly controller: ControllerProcess;
}

const root = join(import.meta.dirname, '..', '..');

/** Measured on a bed like this one with Argo Rollouts' own controller. */
const argoRollouts = {
  badAnswerToAbortSeconds: 0.021,
  badAnswerToStable100Seconds: 0.038,
  badAnswerToCanaryScaledDownSeconds: 1.03,
  fiveStepRequests: 29,
  fiveStepStatusPatches: 14,
  rssMiBWithNone: 72,
  rssMiBWith200: 99,
  cpuSecondsPerIdleMinute: 0.08,
  hundredAtOnceSeconds: 17,
  hundredAtOnceRequests: 1461,
  hundredAtOnceCpuSeconds: 3.1,
};

const missing = bedMissing(worldParts);
if (missing !== undefined) {
  process.stderr.write(`The bench can't run here: ${missing}\n`);
  process.exit(1);
}

async function measureAll(world: World): Promise<Readonly<Record<string, unknown>>> {
  await run(process.execPath, [join(root, 'scripts', 'build.ts'), world.folder], { timeoutMs: 120_000 });
  const controller = await world.startController({
    program: join(world.folder, 'tidegate.mjs'),
    logLevel: 'warn',
    nodeFlags: ['--max-semi-space-size=2'],
  });
  const watching = await startWatching(world.bed.cluster.kubeconfigPath);
  const bench: Bench = { world, watching, controller };
  try {
    const idleEmpty = await measured('idle, no rollouts', () => measureIdle(bench, 0));
    const commits = await measured('commit to first canary pod', () => measureCommits(bench, 5));
    const aborts = await measured('bad answer to safety', () => measureAborts(bench, 10));
    const fiveSteps = await measured('five steps', () => measureFiveSteps(bench));
    const hundred = await measured('100 at once', () => measureHundred(bench, 100));
    const idleFull = await measured('idle, 500 settled rollouts', () => measureIdle(bench, 500));
    return { commits, aborts, fiveSteps, hundred, idle: [idleEmpty, idleFull] };
  } finally {
    await watching.stop();
  }
}

async function measured<T>(name: string, measure: () => Promise<T>): Promise<T> {
  process.stderr.write(`measuring: ${name}\n`);
  return measure();
}

const world = await startWorld();
try {
  const figures = await measureAll(world);
  const report = { bench: 'core', conditions: conditions(), figures, argoRollouts };
  writeJson(join(root, 'bench-results', 'core.json'), report);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
} finally {
  await world.stop();
}
process.exit(0);
