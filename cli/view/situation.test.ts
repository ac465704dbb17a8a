import { expect, test } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { CommandVerb } from '../../crds/schema/keys.ts';
import { aborted, aRollout, aRun, aScene, atGate, settled } from '../testing/builders.ts';
import { decisionsOf } from './scene.ts';
import { legalVerbs, refusal, situationOf } from './situation.ts';

const states = {
  gate: aScene(),
  settled: aScene({ rollout: aRollout(settled) }),
  aborted: aScene({ rollout: aRollout(aborted) }),
  pausedByHand: aScene({
    rollout: aRollout({ ...atGate, pauseConditions: [], manualPauseStartedAt: '2026-11-22T14:20:00Z' }),
  }),
  pausedByManifest: aScene({ rollout: aRollout({ ...atGate, pauseConditions: [] }, { paused: true }) }),
  unobserved: aScene({ rollout: aRollout({ ...settled, observedGeneration: 2 }) }),
  neverSeen: aScene({ rollout: { ...aRollout(), status: undefined } }),
  invalidFirst: aScene({
    rollout: aRollout({
      observedGeneration: aRollout().metadata.generation ?? 1,
      conditions: [{ type: 'InvalidSpec', status: 'True', message: 'no', reason: 'InvalidSpec' }],
    }),
  }),
  moving: aScene({ rollout: aRollout({ ...atGate, pauseConditions: [], controllerPause: false, waiting: undefined }) }),
  first: aScene({
    rollout: aRollout({ ...atGate, stableRS: '', pauseConditions: [], controllerPause: false, waiting: undefined }),
  }),
};

test.each([
  ['gate', 'waiting'],
  ['settled', 'settled'],
  ['aborted', 'aborted'],
  ['pausedByHand', 'paused'],
  ['pausedByManifest', 'paused'],
  ['unobserved', 'unobserved'],
  ['neverSeen', 'unobserved'],
  ['invalidFirst', 'invalid'],
  ['moving', 'progressing'],
  ['first', 'progressing'],
] as const)('%s is %s', (state, expected) => {
  expect(situationOf(states[state])).toBe(expected);
});

test.each<[keyof typeof states, readonly CommandVerb[]]>([
  ['gate', ['promote', 'promote-full', 'pause', 'abort']],
  ['settled', []],
  ['aborted', ['retry']],
  ['pausedByHand', ['resume', 'promote-full', 'abort']],
  ['pausedByManifest', ['promote-full', 'abort']],
  ['unobserved', []],
  ['moving', ['promote', 'promote-full', 'pause', 'abort']],
])('offers what makes sense: %s', (state, verbs) => {
  expect(legalVerbs(states[state])).toEqual(verbs);
});

test.each<[CommandVerb, keyof typeof states, RegExp]>([
  ['abort', 'settled', /no release in progress.*nothing to abort/],
  ['promote', 'settled', /nothing to promote/],
  ['promote', 'aborted', /retry/],
  ['abort', 'aborted', /aborted already: the stable revision old serves/],
  ['retry', 'gate', /nothing to retry/],
  ['pause', 'pausedByHand', /paused already/],
  ['resume', 'moving', /nothing to resume/],
  ['resume', 'pausedByManifest', /set spec.paused to false there/],
  ['promote', 'pausedByManifest', /set spec.paused to false there/],
  ['abort', 'first', /no stable revision yet/],
  ['abort', 'unobserved', /has not looked at the newest spec/],
])('refuses %s when %s, with a sentence', (verb, state, sentence) => {
  expect(refusal(verb, states[state])).toMatch(sentence);
});

test('in argoproj.io the decision record comes from the RolloutRun', () => {
  const waiting = { reason: 'Gate', on: 'user', moves: 'promote it' };
  const run = aRun({}, { phase: 'Running', recorded: { waiting } });
  const rollout = aRollout({ ...atGate, observedGeneration: '3', waiting: undefined });

  expect(decisionsOf(aScene({ dialect: argoDialect, rollout, runs: [run] })).waiting).toEqual(waiting);
});
