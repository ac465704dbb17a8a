/** Step plugins in Argo's dialect: HTTP services instead of binaries, with the state where Argo's tools look for it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { fieldOf } from '../../../kube/json.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { type GateAnswer, type GateServer, startGateServer } from '../gate-server.ts';
import { type App, at, conditionOf, type Live } from './app.ts';
import { onStage } from './stage.ts';

const folder = makeTempDir('step-plugins');
const secret = 'shared with the plugins';
const server: GateServer = await startGateServer(secret);
const names = ['good', 'slow', 'bad', 'first', 'broken', 'off'];
const keyFile = join(folder, 'key');
const file = join(folder, 'plugins.yaml');
const entry = (name: string) => ({ url: `${server.url}/${name}`, secretFile: keyFile, disabled: name === 'off' });
writeFileSync(keyFile, secret);
writeFileSync(file, JSON.stringify({ plugins: Object.fromEntries(names.map((name) => [name, entry(name)])) }));
afterAll(async () => {
  await server.stop();
  removeTempDir(folder);
});

const says = (path: string, body: object): void => server.answer(path, (): GateAnswer => ({ status: 200, body }));
const plan = (...plugins: string[]) => ({
  strategy: {
    canary: { steps: [{ setWeight: 25 }, ...plugins.map((name) => ({ plugin: { name, config: { a: 1 } } }))] },
  },
});
const entries = (one: Live) =>
  (at(one, 'status.canary.stepPluginStatuses') ?? []) as readonly Record<string, unknown>[];
const phaseOf = (one: Live, operation: string) =>
  entries(one).find((entry) => entry['operation'] === operation)?.['phase'];
const released = async (app: App, ...plugins: string[]): Promise<void> => {
  await app.releaseHealthy('v1', plan(...plugins));
  await app.release('v2', plan(...plugins));
};
const calls = (...paths: string[]) => paths.map((path) => server.questions(path).length > 0);

onStage(
  'step plugins',
  (scenario) => {
    scenario(
      'a plugin that is successful lets its step pass [step:plugin, Rollout.spec.strategy.canary.steps[].plugin.config]',
      async (app) => {
        says('/good/run', { phase: 'Successful', message: 'well done' });
        await released(app, 'good');
        const rollout = await app.until(
          'Healthy on v2',
          (one) => at(one, 'status.phase') === 'Healthy' && phaseOf(one, 'Run') === 'Successful',
        );

        expect(entries(rollout)).toMatchObject([
          { index: 1, name: 'good', operation: 'Run', phase: 'Successful', message: 'well done', executions: 1 },
        ]);
        expect(server.questions('/good/run')[0]?.body).toMatchObject({ config: { a: 1 }, stepIndex: 1 });
        await app.untilSeen('its event', () => app.events().includes('StepPluginTransition'));
      },
    );

    scenario(
      'a plugin that runs holds its step, and an abort terminates it [Rollout.status.canary.stepPluginStatuses[].operation, event:StepPluginTransition]',
      async (app) => {
        says('/slow/run', { phase: 'Running', requeueAfterSeconds: 60, status: { half: true } });
        says('/slow/terminate', { phase: 'Successful' });
        await released(app, 'slow');
        const held = await app.until('it runs', (one) => entries(one)[0]?.['executions'] === 1);
        expect(entries(held)).toMatchObject([{ phase: 'Running', backoff: '1m', status: { half: true } }]);
        expect(await app.sizes()).toEqual({ v1: 3, v2: 1 });

        await app.patchStatus({ abort: true });
        await app.untilPhase('Degraded', /^RolloutAborted: /);
        await app.until('it was terminated', (one) => phaseOf(one, 'Terminate') === 'Successful');
        await app.untilSizes({ v1: 4 });
        expect(server.questions('/slow/terminate')[0]?.body).toMatchObject({ status: { half: true } });
        expect(server.questions('/slow/abort')).toEqual([]);
      },
    );

    scenario(
      'a plugin that fails aborts, and the ones before it are told too, the last first [Rollout.status.canary.stepPluginStatuses[].phase]',
      async (app) => {
        for (const path of ['/first/run', '/first/abort', '/bad/abort']) says(path, { phase: 'Successful' });
        says('/bad/run', { phase: 'Failed', message: 'no luck' });
        await released(app, 'first', 'bad');
        const aborted = await app.untilPhase(
          'Degraded',
          /^RolloutAborted: .*Step plugin bad of step 3 failed: no luck/,
        );
        expect(conditionOf(aborted, 'Progressing')).toMatchObject({ status: 'False', reason: 'RolloutAborted' });

        const told = await app.until(
          'both were told',
          (one) =>
            entries(one).filter((entry) => entry['operation'] === 'Abort' && entry['phase'] === 'Successful').length ===
            2,
        );
        expect(entries(told).map((entry) => `${String(entry['operation'])} ${String(entry['name'])}`)).toEqual([
          'Run first',
          'Run bad',
          'Abort bad',
          'Abort first',
        ]);
        expect(calls('/first/abort', '/bad/abort', '/bad/terminate')).toEqual([true, true, false]);
      },
    );

    scenario(
      'a plugin without a readable answer is an error that is tried again, never a success [Rollout.status.canary.stepPluginStatuses[].backoff, verb:promote]',
      async (app) => {
        server.answer('/broken/run', () => ({ status: 500 }));
        says('/broken/terminate', { phase: 'Successful' });
        await released(app, 'broken');
        const held = await app.until('it is in error', (one) => phaseOf(one, 'Run') === 'Error');
        expect(entries(held)).toMatchObject([{ message: 'it answered 500', backoff: '30s', executions: 1 }]);
        expect(at(held, 'status.currentStepIndex')).toBe(1);

        // As the CLI promotes a step that is not a pause.
        await app.patchStatus({ currentStepIndex: 2 });
        await app.until(
          'Healthy on v2',
          (one) => at(one, 'status.phase') === 'Healthy' && phaseOf(one, 'Terminate') === 'Successful',
        );
      },
    );

    scenario(
      'a plugin that the operator has turned off is passed without a call [Rollout.status.canary.stepPluginStatuses[].disabled]',
      async (app) => {
        await released(app, 'off');
        const rollout = await app.until(
          'Healthy on v2',
          (one) => at(one, 'status.phase') === 'Healthy' && entries(one)[0]?.['disabled'] === true,
        );
        expect(fieldOf(rollout, 'status', 'currentStepIndex')).toBe(2);
        expect(server.questions('/off/run')).toEqual([]);
      },
    );

    scenario(
      'a plugin that nobody named is an invalid spec that lists those that are [condition:Rollout.InvalidSpec]',
      async (app) => {
        await app.release('v1', plan('mystery'));
        await app.untilPhase(
          'Degraded',
          /^InvalidSpec: .*"mystery", but the operator .* has named only bad, broken, first, good/,
        );
      },
    );
  },
  { flags: ['--step-plugins-file', file] },
);
