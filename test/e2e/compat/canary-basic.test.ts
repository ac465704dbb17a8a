/** A canary without a router: pods are the weight. */
import { expect } from 'vitest';
import { at } from './app.ts';
import { onStage } from './stage.ts';

onStage('basic canary', (scenario) => {
  scenario(
    'a first release has no steps, whatever the plan says [phase:Healthy, Rollout.status.stableRS]',
    async (app) => {
      await app.releaseHealthy('v1', { strategy: { canary: { steps: [{ setWeight: 25 }, { pause: {} }] } } });

      const rollout = await app.rollout();
      expect(app.sizesOver('v1').at(-1)).toBe(4);
      expect(at(rollout, 'status.currentStepIndex')).toBe(2);
      expect(at(rollout, 'status.stableRS')).toBe(await app.hashOf('v1'));
    },
  );

  scenario(
    'setWeight takes its share of the pods and an empty pause waits for a person [step:setWeight, step:pause, phase:Paused, verb:promote]',
    async (app) => {
      const strategy = { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }] } };
      await app.releaseHealthy('v1', { strategy });
      await app.release('v2', { strategy });

      const paused = await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(await app.sizes()).toEqual({ v1: 3, v2: 1 });
      expect(at(paused, 'status.currentStepIndex')).toBe(1);
      expect(at(paused, 'status.controllerPause')).toBe(true);

      await app.patchStatus({ pauseConditions: null });
      await app.untilPhase('Healthy', '');
      expect(await app.sizes()).toEqual({ v2: 4 });
    },
  );
});
