/** Defects of steps, verdicts, commands and of what status tells: releases that nobody approved. */

import type { Mutant } from './mutant.ts';

const rollout = 'controller/rollout';
const judgeSuccess =
  "if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return { kind: 'passed', moves: noMoves };";

export const decisionMutants: readonly Mutant[] = [
  {
    id: 'analysis-ignored',
    breaks: ['S09'],
    patches: [
      {
        file: `${rollout}/stepping.ts`,
        find: "verdict.kind === 'none' || verdict.kind === 'passed' ? passStep(scene, isLetGo) : verdict.moves;",
        replace: 'passStep(scene, isLetGo);',
      },
    ],
    situation: 'short-analysis',
    why: 'A release goes on before anybody has looked at it.',
  },
  {
    id: 'inconclusive-is-success',
    breaks: ['S09'],
    patches: [
      {
        file: `${rollout}/analysis.ts`,
        find: judgeSuccess,
        replace: "if (isFinished(run) && !isFailure(scene, run)) return { kind: 'passed', moves: noMoves };",
      },
    ],
    situation: 'inconclusive',
    why: 'What needs a person is waved through.',
  },
  {
    id: 'terminated-is-success',
    breaks: ['S09'],
    patches: [
      {
        file: `${rollout}/analysis.ts`,
        find: judgeSuccess,
        replace: "if (run.status?.phase === 'Successful') return { kind: 'passed', moves: noMoves };",
      },
    ],
    situation: 'terminated',
    why: 'Stopping an analysis counts as passing it.',
  },
  {
    id: 'error-is-success',
    breaks: ['S09'],
    patches: [
      {
        file: `${rollout}/analysis.ts`,
        find: judgeSuccess,
        replace:
          "if (isFinished(run) ? !isFailure(scene, run) : run.status?.waiting?.reason === 'BackendUnavailable') return { kind: 'passed', moves: noMoves };",
      },
    ],
    situation: 'backend-down',
    why: 'A metrics backend that does not answer approves the release.',
  },
  {
    id: 'verdict-of-another-step',
    breaks: ['S09'],
    patches: [
      {
        file: `${rollout}/analysis.ts`,
        find: '  const run = latestRun(scene, place);\n  if (run === undefined) return { kind:',
        replace:
          "  const run = latestRun(scene, place) ?? scene.observed.analysisRuns.find((one) => one.status?.phase === 'Successful');\n  if (run === undefined) return { kind:",
      },
    ],
    situation: 'two-checks',
    why: 'The success of the first step lets all others pass.',
  },
  {
    id: 'nothing-measured-is-success',
    breaks: ['S09'],
    patches: [
      {
        file: 'analysis/judge/reading.ts',
        find: "  if (outcome.kind === 'no-evidence')\n    return held(",
        replace:
          "  if (outcome.kind === 'no-evidence') return judged('Successful');\n  if (outcome.onNothing === undefined)\n    return held(",
      },
    ],
    situation: 'no-metrics',
    why: 'A metrics backend that is down approves every release.',
  },
  {
    id: 'failure-beside-the-steps-ignored',
    breaks: ['S09'],
    patches: [
      {
        file: `${rollout}/failure.ts`,
        find: "  const background = failed('Background');",
        replace: '  const background = undefined as AnalysisRunView | undefined;',
      },
      {
        file: `${rollout}/analysis.ts`,
        find: "  if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return noMoves;",
        replace: '  if (isFinished(run)) return noMoves;',
      },
    ],
    situation: 'background',
    why: 'Users suffer while the analysis that saw it is not asked.',
  },
  {
    id: 'step-skipped',
    breaks: ['S10'],
    patches: [
      {
        file: `${rollout}/stepping.ts`,
        find: '  const next = stepIndex + 1;',
        replace: '  const next = Math.min(stepIndex + 2, steps.length);',
      },
    ],
    situation: 'good-release',
    why: 'A pause or a check that people planned does not happen.',
  },
  {
    id: 'promotion-on-record-in-the-middle',
    breaks: ['S10'],
    patches: [
      {
        file: `${rollout}/stepping.ts`,
        find: "if (next === steps.length) return { effects: [], facts: told, patch, event: { type: 'steps-done' } };",
        replace:
          "if (next + 1 >= steps.length) return { effects: [], facts: told, patch, event: { type: 'steps-done' } };",
      },
      {
        file: `${rollout}/lifecycle-status.ts`,
        find: '        ...noPause,\n        currentStepIndex: input.steps,\n        drainUntil: undefined,',
        replace: '        ...noPause,\n        drainUntil: undefined,',
      },
    ],
    situation: 'good-release',
    why: 'All users are given a revision that still had a step to pass.',
  },
  {
    id: 'pause-ended-early',
    breaks: ['S10'],
    patches: [
      {
        file: `${rollout}/pause.ts`,
        find: 'const until = since + lengthMs;',
        replace: 'const until = since + lengthMs - 3_000;',
      },
    ],
    situation: 'good-release',
    why: 'Metrics have no time to show what is wrong.',
  },
  {
    id: 'step-before-confirmation',
    breaks: ['S10'],
    patches: [
      {
        file: `${rollout}/traffic-plan.ts`,
        find: "if (state.confirmed === 'yes' || (state.confirmed === 'unknown' && !question.canConfirm)) return { kind: 'settled' };",
        replace: "if (state.confirmed !== 'unknown' || !question.canConfirm) return { kind: 'settled' };",
      },
    ],
    situation: 'good-release',
    why: 'The analysis judges a canary that has no traffic yet.',
  },
  {
    id: 'command-executed-twice',
    breaks: ['S11'],
    patches: [
      {
        file: `${rollout}/command.ts`,
        find: '  if (last?.id === id) return undefined;',
        replace: "  if (last?.id === id && last.outcome === 'Rejected') return undefined;",
      },
    ],
    situation: 'commands',
    why: 'One promote passes two steps.',
  },
  {
    id: 'abort-loses-against-promote',
    breaks: ['S11'],
    patches: [
      {
        file: `${rollout}/requests.ts`,
        find: "  if (isAbortAsked(scene)) return bareAbort(scene, command);\n  if (command !== undefined && command.verb === 'abort') return answer(scene, command);",
        replace:
          '  if (command !== undefined) return answer(scene, command);\n  if (isAbortAsked(scene)) return bareAbort(scene, command);',
      },
    ],
    situation: 'abort-and-promote',
    why: 'The emergency brake does not hold.',
  },
  {
    id: 'abort-rejected',
    breaks: ['S11'],
    patches: [
      {
        file: `${rollout}/requests.ts`,
        find: "  if (!allows(scene.state, { type: 'abort' }) || scene.stableHash === undefined) return idleText(scene);",
        replace:
          '  if ((scene.status.pauseConditions ?? []).length > 0 || scene.stableHash === undefined) return idleText(scene);',
      },
    ],
    situation: 'other-revert',
    why: 'The emergency brake is refused with a friendly sentence.',
  },
  {
    id: 'command-without-an-answer',
    breaks: ['S11'],
    patches: [
      {
        file: `${rollout}/requests.ts`,
        find: '(command === undefined ? undefined : answer(scene, command));\n}\n\n/** Commands that lead',
        replace:
          "(command === undefined || command.verb === 'pause' ? undefined : answer(scene, command));\n}\n\n/** Commands that lead",
      },
    ],
    situation: 'commands',
    why: 'People press a button and nothing tells them why nothing happens.',
  },
  {
    id: 'status-written-each-pass',
    breaks: ['S15'],
    patches: [
      {
        file: `${rollout}/act.ts`,
        find: "return patch === undefined ? done : this.merge(this.rollout, { status: patch }, 'status');",
        replace: "return this.merge(this.rollout, { status: patch ?? {} }, 'status');",
      },
    ],
    situation: 'short-analysis',
    why: 'Ten thousand Rollouts write to the API server for nothing.',
  },
  {
    id: 'generation-not-used',
    breaks: ['S16'],
    patches: [
      {
        file: `${rollout}/next-status.ts`,
        find: ' observedGeneration: said(rollout.metadata.generation),',
        replace: ' observedGeneration: said((rollout.metadata.generation ?? 0) + 1),',
      },
    ],
    situation: 'short-analysis',
    why: 'Tools take the answer to an old spec for the answer to the new one.',
  },
  {
    id: 'healthy-too-early',
    breaks: ['S16'],
    patches: [
      {
        file: `${rollout}/phase.ts`,
        find: "  if (status.stableRS !== status.currentPodHash) return progressing('waiting for all steps to complete');\n",
        replace: '',
      },
      {
        file: `${rollout}/phase.ts`,
        find: 'if (isSplit(observed) || isUnconfirmed(observed, status))',
        replace: 'if (desired < 0)',
      },
    ],
    situation: 'good-release',
    why: 'A pipeline reports success in the middle of a release.',
  },
  {
    id: 'weight-not-as-written',
    breaks: ['S16'],
    patches: [
      {
        file: `${rollout}/status-weights.ts`,
        find: 'const canary = canaryWeight(scene);',
        replace: 'const canary = scene.steps[scene.stepIndex]?.setWeight ?? canaryWeight(scene);',
      },
    ],
    situation: 'good-release',
    why: 'People read the plan and take it for the traffic.',
  },
  {
    id: 'failed-revision-forgotten',
    breaks: ['S17'],
    patches: [
      {
        file: `${rollout}/lifecycle-status.ts`,
        find: '  return podHash !== undefined && failedHashes(status).includes(podHash);',
        replace: '  return podHash === undefined && failedHashes(status).length < 0;',
      },
    ],
    situation: 'tried-again',
    why: 'A revision that was proved bad is given to users once more.',
  },
  {
    id: 'abort-never-settles',
    breaks: ['L01'],
    patches: [
      {
        file: `${rollout}/abort.ts`,
        find: '  if (until === undefined || first === undefined) return together',
        replace: '  if (until === undefined) return together',
      },
    ],
    situation: 'bad-release',
    why: 'After an abort nothing can be released any more.',
  },
];
