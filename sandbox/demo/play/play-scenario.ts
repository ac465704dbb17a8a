/** Plays one scenario: waits for a quiet start, pushes its commit, lets it run, and proves how it ended. */

import { needsPerson, situationOf } from '../../../cli/view/situation.ts';
import { promote, promoteCommand } from '../cluster/promote.ts';
import { developer } from '../git/demo-repository.ts';
import type { GitCommit } from '../git/git-log.ts';
import type { ScenarioResult } from '../events.ts';
import type { Scenario } from '../scenarios.ts';
import { gateWeightPct, shopFiles } from '../shop-files.ts';
import { highestSharePct, lastMovedMs, requestsOf, sharesByWeight } from './gateway-counters.ts';
import { type Evidence, type GateEvidence, prove } from './proof.ts';
import { realMs } from './real-time.ts';
import { type Stage, until } from './stage.ts';
import type { Answered } from './users.ts';

/** What is known when a scenario begins. */
interface Start {
  readonly atMs: number;
  readonly logBefore: readonly GitCommit[];
  readonly oldVersion: string;
  readonly pushed: string;
}

export interface Played {
  readonly result: ScenarioResult;
  readonly startMs: number;
  readonly endMs: number;
}

/** For a machine that does many other things. */
const patienceMs = 60_000;
/** Steps of the longest scenario, in simulated time. */
const patienceSimulatedMs = 120_000;
const quietMs = 400;
const quietAnswers = 20;

/** @throws Error when it cannot begin; how it ends, well or not, is the result. */
export async function playScenario(stage: Stage, scenario: Scenario): Promise<Played> {
  const start = await begin(stage, scenario);
  const gate = scenario.hasGate ? await passGate(stage, start) : undefined;
  await until(stage, () => endOf(stage, scenario, start), patience(stage));
  const endMs = realMs();
  await until(stage, () => calmSince(stage, endMs), patience(stage));
  // Taken last, so that what happened after the end counts against it.
  const result = await resultOf(stage, { scenario, start, endMs, ...(gate === undefined ? {} : { gate }) });
  return { result, startMs: start.atMs, endMs };
}

function patience({ world }: Stage): number {
  return patienceMs + patienceSimulatedMs / world.cluster.rate;
}

/** The commit that serves when nothing is in progress, so that the next release starts from a known state. */
function settledAt({ newest }: Pick<Stage, 'newest'>): string | undefined {
  const { scene, log } = newest();
  if (scene === undefined || situationOf(scene) !== 'settled') return undefined;
  const status = scene.gitSync?.status;
  const good = status?.lastGood?.commit;
  const isQuiet = scene.rollout.status?.phase === 'Healthy' && status?.candidate === undefined;
  const isCurrent = good !== undefined && log.some(({ sha, tree }) => sha === good && tree === log[0]?.tree);
  return isQuiet && isCurrent ? good : undefined;
}

/** Settled, and the gateway was watched for the quiet time after the scenario's end. */
function calmSince(stage: Stage, endMs: number): true | undefined {
  return settledAt(stage) !== undefined && realMs() - endMs >= quietMs ? true : undefined;
}

async function begin(stage: Stage, scenario: Scenario): Promise<Start> {
  const { repository, users, cluster } = stage.world;
  const settled = await until(stage, () => settledAt(stage), patience(stage));
  if (settled === undefined)
    throw new Error(`the shop did not become healthy: ${stage.newest().app?.why ?? 'there is no Rollout'}`);
  const served = await until(stage, () => versionOfAll(users.latest(quietAnswers)), patience(stage));
  if (served === undefined) throw new Error('the gateway does not answer the users of the shop');
  const logBefore = await repository.log();
  const atMs = realMs();
  const pushed = await repository.push(shopFiles(scenario, cluster.rate), scenario.subject);
  const at = cluster.clock.now();
  stage.tell({ type: 'commit', at, commit: pushed, subject: scenario.subject, author: developer.name });
  stage.recorder.pin({ at, kind: 'commit', text: `${pushed.slice(0, 7)} pushed by ${developer.name}` });
  return { atMs, logBefore, oldVersion: served, pushed };
}

/** The one version that answered all of them, and well. */
function versionOfAll(answers: readonly Answered[]): string | undefined {
  const [first] = answers;
  if (first === undefined || answers.length < quietAnswers) return undefined;
  return answers.every(({ code, version }) => code === 200 && version === first.version) ? first.version : undefined;
}

async function passGate(stage: Stage, start: Start): Promise<GateEvidence> {
  const stands = await until(stage, () => (isAtGate(stage) ? true : undefined), patience(stage));
  if (stands === undefined) return { promoted: false, weightPct: gateWeightPct, highestSharePct: undefined };
  const promoted = stage.isInteractive ? await promotedByPerson(stage, start) : await promotedByDemo(stage);
  const { samples, promoteCommands } = stage.world.notes;
  const givenMs = promoteCommands.find((atMs) => atMs >= start.atMs) ?? realMs();
  return { promoted, weightPct: gateWeightPct, highestSharePct: highestSharePct(samples, start.atMs, givenMs) };
}

async function promotedByDemo(stage: Stage): Promise<boolean> {
  const { cluster } = stage.world;
  const stoodMs = realMs();
  // Long enough to see that it stands, and for the gateway to serve its share.
  await until(stage, () => (realMs() - stoodMs >= gateStandsMs(stage) ? true : undefined), patienceMs);
  const { ok, said } = await promote(cluster.kubeconfigPath);
  stage.tell({ type: 'promote', at: cluster.clock.now(), command: promoteCommand, said });
  return ok;
}

/** The answer to the key p; who promotes with kubectl gets the answer there, and the cluster's log has the command. */
async function promotedByPerson(stage: Stage, { atMs }: Start): Promise<boolean> {
  await until(stage, () => (isAtGate(stage) ? undefined : true), Number.POSITIVE_INFINITY);
  const byKey = await stage.promotedByKey();
  return byKey?.ok ?? stage.world.notes.promoteCommands.some((givenMs) => givenMs >= atMs);
}

/** Stands at a pause that only a person ends. */
export function isAtGate({ newest }: Pick<Stage, 'newest'>): boolean {
  const { scene } = newest();
  return scene !== undefined && situationOf(scene) === 'waiting' && needsPerson(scene);
}

function gateStandsMs({ world }: Stage): number {
  return Math.max(1_000, 8_000 / world.cluster.rate);
}

/** True once nothing moves any more; undefined while something does. */
async function endOf(stage: Stage, { expected, version }: Scenario, start: Start): Promise<true | undefined> {
  const { users, notes } = stage.world;
  const head = await stage.world.head();
  const wanted = expected === 'RolledBack' ? start.oldVersion : version;
  const answers = answersAtEnd(stage);
  if (answers.length < quietAnswers || answers.some((one) => one.version !== wanted || one.code !== 200))
    return undefined;
  if (expected !== 'RolledBack') return settledAt(stage) === start.pushed ? true : undefined;
  const movedMs = lastMovedMs(users.hashOf(version) ?? '', notes.samples) ?? start.atMs;
  return head !== start.pushed && movedMs > start.atMs && realMs() - movedMs >= quietMs ? true : undefined;
}

/** The answers of the quiet time: those of the last moments, and as many as a proof needs. */
function answersAtEnd({ world }: Stage): readonly Answered[] {
  const sinceMs = realMs() - quietMs;
  const recent = world.users.latest(1_000).filter(({ atMs }) => atMs >= sinceMs);
  return recent.length >= quietAnswers ? recent : world.users.latest(quietAnswers);
}

interface Ended {
  readonly scenario: Scenario;
  readonly start: Start;
  readonly gate?: GateEvidence;
  /** When nothing moved any more. */
  readonly endMs: number;
}

async function resultOf(stage: Stage, { scenario, start, gate, endMs }: Ended): Promise<ScenarioResult> {
  const { users, notes, repository } = stage.world;
  const hash = users.hashOf(scenario.version) ?? '';
  const samples = notes.samples.filter(({ atMs }) => atMs >= start.atMs);
  const [first, last] = [samples[0], samples.at(-1)];
  const atEnd = samples.findLast(({ atMs }) => atMs <= endMs) ?? first;
  const changes = notes.weights.filter(({ atMs }) => atMs >= start.atMs);
  const requests = first === undefined || last === undefined ? 0 : requestsOf(hash, first, last);
  const evidence: Evidence = {
    expected: scenario.expected,
    logBefore: start.logBefore,
    logAfter: await repository.log(),
    pushed: start.pushed,
    shares: sharesByWeight(samples, changes, endMs),
    newRequests: requests,
    newRequestsAfterEnd: atEnd === undefined || last === undefined ? 0 : requestsOf(hash, atEnd, last),
    lastAnswers: answersAtEnd(stage),
    newVersion: scenario.version,
    oldVersion: start.oldVersion,
    ...(gate === undefined ? {} : { gate }),
  };
  const { problems, ...proof } = prove(evidence);
  return {
    type: 'result',
    scenario: scenario.name,
    ...proof,
    abortToStableMs: scenario.expected === 'RolledBack' ? trafficBackMs(stage, start, hash) : null,
    exposedRequests: scenario.expected === 'RolledBack' ? requests : 0,
    wallMs: Math.round(endMs - start.atMs),
    sinceStartMs: revertedAtMs(stage, proof.revertCommit),
    canarySharesPct: evidence.shares.map(({ sharePct }) => sharePct),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** From the failed verdict to the last request that reached the failed revision. */
function trafficBackMs({ world }: Stage, { atMs }: Start, hash: string): number | null {
  const failedMs = world.notes.failedAnalyses.find((one) => one >= atMs);
  const movedMs = lastMovedMs(hash, world.notes.samples);
  return failedMs === undefined || movedMs === undefined ? null : Math.max(0, Math.round(movedMs - failedMs));
}

/** Real time counts from the start of the process. */
function revertedAtMs({ world }: Stage, revert: string | null): number | null {
  const head = world.notes.heads.find(({ commit }) => commit === revert);
  return head === undefined ? null : Math.round(head.atMs);
}
