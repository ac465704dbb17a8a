/**
 * Whether a scenario ended as it must, judged by the repository and by what the gateway counted and the users were
 * answered; never by what the controller says of itself. Pure.
 */

import type { GitCommit } from '../git/git-log.ts';
import { isRevert, revertTrailer } from '../git/git-log.ts';
import type { Outcome } from '../scenarios.ts';
import type { WeightShare } from './gateway-counters.ts';

export interface GateEvidence {
  /** Whether the command of the person who promoted was carried out, as its answer said. */
  readonly promoted: boolean;
  readonly weightPct: number;
  /** The most that the canary got before the command was given, as the gateway counted; undefined when too few asked. */
  readonly highestSharePct: number | undefined;
}

export interface Evidence {
  readonly expected: Outcome;
  /** Commits of the branch before the scenario and after it, newest first. */
  readonly logBefore: readonly GitCommit[];
  readonly logAfter: readonly GitCommit[];
  /** The commit that the scenario pushed. */
  readonly pushed: string;
  readonly shares: readonly WeightShare[];
  /** Requests that reached the pushed version, until now. */
  readonly newRequests: number;
  /** Requests that reached it after nothing had moved for the quiet time. */
  readonly newRequestsAfterEnd: number;
  /** Answers of the quiet time at the end. */
  readonly lastAnswers: readonly { readonly version: string; readonly code: number }[];
  readonly newVersion: string;
  readonly oldVersion: string;
  /** Gate only. */
  readonly gate?: GateEvidence;
}

export interface Proof {
  readonly outcome: Outcome | 'Unexpected';
  readonly problems: readonly string[];
  readonly revertCommit: string | null;
  readonly headTreeEqualsGood: boolean;
}

const leastAnswers = 20;
const leastRequestsPerWeight = 20;
/** The gateway splits evenly, but requests under way blur both ends of a step. */
const shareTolerancePct = 8;

export function prove(evidence: Evidence): Proof {
  const { expected } = evidence;
  const problems = expected === 'RolledBack' ? rollbackProblems(evidence) : promotionProblems(evidence);
  const reverts = newCommits(evidence).filter(isRevert);
  return {
    outcome: problems.length === 0 ? expected : 'Unexpected',
    problems,
    revertCommit: reverts[0]?.sha ?? null,
    headTreeEqualsGood: headIsGood(evidence),
  };
}

function newCommits({ logBefore, logAfter }: Evidence): readonly GitCommit[] {
  const known = new Set(logBefore.map(({ sha }) => sha));
  return logAfter.filter(({ sha }) => !known.has(sha));
}

/** The commit that ought to serve: the one before after a rollback, else the pushed one. */
function goodCommit({ expected, logBefore, logAfter, pushed }: Evidence): GitCommit | undefined {
  return expected === 'RolledBack' ? logBefore[0] : logAfter.find(({ sha }) => sha === pushed);
}

function headIsGood(evidence: Evidence): boolean {
  const tree = evidence.logAfter[0]?.tree;
  return tree !== undefined && tree === goodCommit(evidence)?.tree;
}

function rollbackProblems(evidence: Evidence): readonly string[] {
  const { pushed, oldVersion, newRequests, newRequestsAfterEnd } = evidence;
  const reverts = newCommits(evidence).filter(isRevert);
  const [revert] = reverts;
  return found([
    [reverts.length !== 1, `The branch has ${reverts.length} new revert commits instead of 1.`],
    [revert?.trailers[revertTrailer] !== pushed, `No revert names ${pushed.slice(0, 7)} in ${revertTrailer}.`],
    [revert?.parents.join() !== pushed, `The revert does not follow ${pushed.slice(0, 7)} directly.`],
    [newCommits(evidence).length !== 2, 'There are other new commits than the pushed one and its revert.'],
    [!headIsGood(evidence), 'The content of the branch is not that of the last good commit.'],
    [newRequests === 0, 'The gateway sent no request to the bad version, so nothing was caught.'],
    [newRequestsAfterEnd > 0, `The gateway still sent ${newRequestsAfterEnd} requests to the bad version.`],
    ...answerProblems(evidence, oldVersion),
  ]);
}

function promotionProblems(evidence: Evidence): readonly string[] {
  const { pushed, newVersion, gate, shares, logAfter } = evidence;
  const commits = newCommits(evidence);
  return found([
    [
      logAfter[0]?.sha !== pushed,
      `The branch is at ${logAfter[0]?.sha.slice(0, 7) ?? 'nothing'} instead of ${pushed.slice(0, 7)}.`,
    ],
    [commits.some(isRevert), 'There is a revert commit.'],
    [shares.length < 2, `The gateway served ${shares.length} weights between none and all instead of 2.`],
    ...shares.map(shareProblem),
    ...answerProblems(evidence, newVersion),
    ...(gate === undefined ? [] : gateProblems(gate)),
  ]);
}

function gateProblems({ promoted, weightPct, highestSharePct: highest }: GateEvidence): readonly Finding[] {
  const isPassed = highest !== undefined && highest > weightPct + shareTolerancePct;
  return [
    [!promoted, 'The command at the gate was not carried out.'],
    [highest === undefined, 'Too few requests came before anybody promoted to tell whether the gate stood.'],
    [
      isPassed,
      `The gate stood at ${weightPct} %, and the canary got ${Math.round(highest ?? 0)} % before anybody promoted.`,
    ],
  ];
}

type Finding = readonly [isProblem: boolean, sentence: string];

function found(findings: readonly Finding[]): readonly string[] {
  return findings.filter(([isProblem]) => isProblem).map(([, sentence]) => sentence);
}

function shareProblem({ canaryPct, sharePct, requests }: WeightShare): Finding {
  const isOff = requests < leastRequestsPerWeight || Math.abs(sharePct - canaryPct) > shareTolerancePct;
  return [isOff, `At ${canaryPct} % the canary got ${sharePct} % of ${requests} requests.`];
}

function answerProblems({ lastAnswers }: Evidence, version: string): readonly Finding[] {
  const others = lastAnswers.filter((answer) => answer.version !== version || answer.code !== 200).length;
  return [
    [lastAnswers.length < leastAnswers, `Only ${lastAnswers.length} users were answered at the end.`],
    [others > 0, `${others} of the last ${lastAnswers.length} answers were not 200 from version ${version}.`],
  ];
}
