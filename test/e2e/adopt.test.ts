/**
 * Taking a running Deployment over and giving it back, on the real control plane with its own Deployment controller, under a
 * steady load of real requests: no request fails and no pod is restarted. The tests' names T1-T20 stand in docs/adopt-and-eject.md.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { controllerDies, pluginDies } from './adopt/crashes.ts';
import { everybodyAtOnce, unpauseAndPrune } from './adopt/others.ts';
import { foreignKinds, refusals } from './adopt/refused.ts';
import { autoscale, drain, supersede } from './adopt/releases.ts';
import { adoptReleaseEject, fiftyRounds, keepUnknownFields } from './adopt/round-trip.ts';
import { adoptParts, type Stage, startStage } from './adopt/stage.ts';
import { kindDeleted, lineAtRest, lineInMidRelease } from './adopt/without-us.ts';

const missing = bedMissing(adoptParts);
/** A machine that does nothing else needs a tenth of it. */
const withinMs = 900_000;

describe.skipIf(missing !== undefined)(`adopt and eject${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
    await stage.cluster.api.apply(...foreignKinds());
  }, 600_000);
  afterAll(async () => {
    await stage?.stop();
  }, 120_000);

  describe('beside each other', () => {
    const play = (title: string, scenario: (on: Stage) => Promise<unknown>) =>
      it.concurrent(`${title}`, async () => void (await scenario(stage)), withinMs);

    play('fifty rounds of adopt and eject leave nothing behind (T5)', fiftyRounds);
    play(
      'releases a canary through the Deployment; ejected, its next image rolls natively (T2, T3, T4)',
      adoptReleaseEject,
    );
    play('a third revision starts when the second has given its 40 % back (T9)', supersede);
    play('10, 20 and 10 pods in the middle of a canary keep its share, and nobody fights (T12)', autoscale);
    play('a drained node never goes beyond the disruption budget (T18)', drain);
    play('fields that old clients do not know survive adoption, release and ejection (T17)', keepUnknownFields);
    play('a hull that is let go, pruned and made anew costs no pod, and none is doubled (T15)', unpauseAndPrune);
    play('scale, new image, undo and edit in the moment of the hand-over: nothing is lost (T20)', everybodyAtOnce);
    play('the printed line gives the pods back at rest (T19)', lineAtRest);
    play('the printed line lets the Deployment complete a release under way (T19)', lineInMidRelease);
    play('refuses what else acts on the Deployment, each in a sentence, and changes nothing', refusals);
    play('the plugin is cut before each write and run again: the same end state (T13)', (on) =>
      pluginDies(on, 'dies-early', 'drop'),
    );
    play('the plugin is cut after each write and run again: the same end state (T13)', (on) =>
      pluginDies(on, 'dies-late', 'swallow'),
    );
  });

  it('the Deployment takes its pods back when the kind Rollout is deleted (T14)', () => kindDeleted(stage), withinMs);

  it(
    'the controller dies at one write after another, from adoption to ejection (T13)',
    async () => {
      await stage.stopController();
      expect(await controllerDies(stage)).toBeGreaterThanOrEqual(12);
    },
    withinMs,
  );
});
