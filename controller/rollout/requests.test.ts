/** What people ask for, and the sentence that they get when it can't be. */

import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { aReplicaSet, anObserved, aStatus, type ObservedGiven, shopKeys, start } from './testing/builders.ts';

const started = '2025-12-31T23:59:00Z';
const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }];

/** The pass that takes up a command; by default revision two stands at the first step. */
function asked(
  verb: string,
  status: Parameters<typeof aStatus>[0] = {},
  more: ObservedGiven & { notes?: object } = {},
) {
  const { notes, rollout, ...rest } = more;
  const annotations = verb === '' ? {} : { [shopKeys.command]: verb, [shopKeys.commandId]: 'a', ...notes };
  return decide(
    anObserved({
      replicaSets: [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2 })],
      rollout: { canary: { steps }, annotations, status: aStatus(status), ...rollout },
      ...rest,
    }),
  );
}

const told = ({ status }: ReturnType<typeof asked>) => status.lastCommand;
const stable = { stableRS: 'two', currentStepIndex: 3 };

describe('a command', () => {
  it.each([
    ['that there is not', 'dance', {}, {}, 'there is no command "dance": use one of promote'],
    ['promote while spec.paused', 'promote', {}, { rollout: { paused: true } }, 'spec.paused is true'],
    ['resume while spec.paused', 'resume', {}, { rollout: { paused: true } }, 'spec.paused is true'],
    ['resume twice', 'resume', { controllerPause: true }, {}, 'it is resuming already'],
    ['resume without a pause', 'resume', {}, {}, 'it is not paused'],
    ['promote without a step', 'promote', stable, {}, 'no step is being run'],
    ['promote-full without a release', 'promote-full', stable, {}, 'no new revision is being rolled out'],
    ['retry without an abort', 'retry', {}, {}, 'the current revision was not aborted'],
    ['pause twice', 'pause', { manualPauseStartedAt: started }, {}, 'it is paused already'],
    ['rollback to nowhere', 'rollback', stable, {}, 'command-revision must name the pod hash to go back to'],
    ['abort without a release', 'abort', stable, {}, 'no new revision is being rolled out'],
  ] as const)('%s is rejected, and why', (_name, verb, status, more, why) => {
    const command = told(asked(verb, status, more));

    expect(command).toMatchObject({ id: 'a', verb, outcome: 'Rejected' });
    expect(command?.message).toContain(why);
  });

  it.each([
    ['to the stable one', 'two', 'revision two is stable already'],
    ['to one without a ReplicaSet', 'nine', 'the ReplicaSet of revision nine does not exist any more'],
    ['to one that failed itself', 'one', 'revision one failed itself'],
  ])('rollback %s is rejected', (_name, to, why) => {
    const status = { ...stable, failedPodHashes: ['one'] };

    expect(told(asked('rollback', status, { notes: { [shopKeys.commandRevision]: to } }))?.message).toContain(why);
  });

  it('rollback in mid-release is rejected: an abort is meant', () => {
    expect(told(asked('rollback', {}, { notes: { [shopKeys.commandRevision]: 'three' } }))?.message).toContain(
      'a rollout is in progress: abort it instead',
    );
  });

  it.each(['promote', 'resume'])('%s ends the pause of a person, whose time is counted', (verb) => {
    const { status, facts } = asked(verb, { manualPauseStartedAt: started, totalManualPauseDurationSeconds: 5 });

    expect(status).toMatchObject({ totalManualPauseDurationSeconds: 65, lastCommand: { outcome: 'Applied' } });
    expect(status.manualPauseStartedAt).toBeUndefined();
    expect(facts.map((one) => one.reason)).toContain('RolloutResumed');
  });

  it('resume ends a pause of the plan', () => {
    const pauseConditions = [{ reason: 'CanaryPauseStep' as const, startTime: started }];
    const { status } = asked('resume', { currentStepIndex: 1, controllerPause: true, pauseConditions });

    expect(status.lastCommand?.outcome).toBe('Applied');
    expect(status.pauseConditions).toBeUndefined();
  });

  it('resume counts no time for a pause whose start can not be read', () => {
    expect(asked('resume', { manualPauseStartedAt: 'earlier' }).status.totalManualPauseDurationSeconds).toBe(0);
  });

  it('abort says who, why and what Git shall do', () => {
    const notes = {
      [shopKeys.commandActor]: 'jane',
      [shopKeys.commandReason]: 'prices are wrong',
      [shopKeys.commandKeepGit]: 'true',
    };

    expect(asked('abort', {}, { notes }).status.verdict).toMatchObject({
      cause: 'AbortedByUser',
      message: 'Aborted by jane: prices are wrong',
      actor: 'jane',
      keepGit: true,
    });
    expect(asked('abort').status.verdict?.message).toBe('Aborted by a person');
  });

  it('rollback after a promotion says the same', () => {
    const revision = { [shopKeys.commandRevision]: 'one' };
    const notes = { ...revision, [shopKeys.commandReason]: 'prices are wrong', [shopKeys.commandKeepGit]: 'true' };

    expect(asked('rollback', stable, { notes }).status.verdict).toMatchObject({
      message: 'Rolled back to one by a person: prices are wrong',
      keepGit: true,
    });
    expect(asked('rollback', stable, { notes: revision }).status.verdict).not.toHaveProperty('keepGit');
  });

  it('is told with its reason', () => {
    const notes = { [shopKeys.commandActor]: 'jane', [shopKeys.commandReason]: 'lunch' };
    const facts = asked('pause', {}, { notes }).facts.filter((one) => one.reason === 'CommandApplied');

    expect(facts.map((one) => one.message)).toEqual(['pause by jane: lunch']);
  });
});

describe('a request by status', () => {
  it('to abort supersedes a command that came with it', () => {
    const { status } = asked('promote', { abort: true });

    expect(status.verdict?.message).toBe('A person set status.abort');
    expect(status.lastCommand).toMatchObject({ verb: 'promote', outcome: 'Superseded' });
  });

  it.each([
    ['no revision is being rolled out', stable, 'no new revision is being rolled out'],
    ['no revision is stable yet', { stableRS: undefined, currentStepIndex: undefined }, 'no revision is stable yet'],
  ])('to abort while %s is dropped, and told', (_name, status, why) => {
    const decision = asked('', { ...status, abort: true });

    expect(decision.status.abort).toBeUndefined();
    expect(decision.facts.find((one) => one.reason === 'CommandRejected')?.message).toContain(why);
  });

  it('to retry is an attempt of its own, with an id of its own where no command came before', () => {
    const { status } = asked('', { abortedAt: started, abort: false });

    expect(status).toMatchObject({
      attempt: 2,
      lastCommand: { id: 'status-abort-2026-01-01T00:00:00Z', verb: 'retry' },
    });
    expect(start).toBe(Date.parse('2026-01-01T00:00:00Z'));
  });

  it('to promote in full is dropped with nothing to promote', () => {
    expect(asked('', { ...stable, promoteFull: true }).status.promoteFull).toBeUndefined();
  });
});
