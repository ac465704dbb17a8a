/** The users of the shop: requests to the gateway at a steady rate of simulated time, with seeded gaps, and who answered them. */

import { Agent, get } from 'node:http';
import type { Clock } from '../../../kube/api.ts';
import { realMs } from './real-time.ts';

export interface UsersOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Per second of simulated time. */
  readonly perSecond: number;
}

export interface Answered {
  /** Real time. */
  readonly atMs: number;
  /** Version that answered; '' when no pod did. */
  readonly version: string;
  readonly code: number;
}

export interface Users {
  /** The newest answers, oldest first. */
  latest(count: number): readonly Answered[];
  /** Pod template hash of the pods that answered with this version; undefined when none has. */
  hashOf(version: string): string | undefined;
  stop(): void;
}

const tickMs = 10;
const kept = 2_000;
const answerTimeoutMs = 10_000;
const mostUnderWay = 200;

export function startUsers(options: UsersOptions): Users {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answers: Answered[] = [];
  let nextAt = options.clock.now();
  let underWay = 0;
  const hashes = new Map<string, string>();
  const note = (answer: Answered, hash: string): void => {
    underWay -= 1;
    if (hash !== '') hashes.set(answer.version, hash);
    answers.push(answer);
    if (answers.length > 2 * kept) answers.splice(0, answers.length - kept);
  };
  const timer = setInterval(() => {
    const now = options.clock.now();
    // After the machine slept or stood still nobody asks for all the time that was lost.
    if (now - nextAt > 2_000) nextAt = now;
    while (nextAt <= now) {
      nextAt += gapMs(options);
      if (underWay >= mostUnderWay) continue;
      underWay += 1;
      ask(options, agent, note);
    }
  }, tickMs);
  return {
    latest: (count) => answers.slice(-count),
    hashOf: (version) => hashes.get(version),
    stop: () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

/** People come at random: the gaps are exponential, cut so that no gap looks like an outage. */
function gapMs({ random, perSecond }: UsersOptions): number {
  return Math.min(5, -Math.log(1 - random())) * (1000 / perSecond);
}

function ask({ url }: UsersOptions, agent: Agent, note: (answer: Answered, hash: string) => void): void {
  let noted = false;
  const end = (code: number, body: string): void => {
    if (noted) return;
    noted = true;
    note({ atMs: realMs(), code, version: versionIn(body) }, hashIn(body));
  };
  const request = get(url, { agent, timeout: answerTimeoutMs }, (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('end', () => end(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8')));
    response.on('error', () => end(0, ''));
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => end(0, ''));
  // An agent that is destroyed ends requests without a word.
  request.on('close', () => end(0, ''));
}

/** Pods answer with who they are. */
function versionIn(body: string): string {
  return /"image":\s*"[^"]*:([^":]+)"/.exec(body)?.[1] ?? '';
}

function hashIn(body: string): string {
  return /"hash":\s*"([^"]+)"/.exec(body)?.[1] ?? '';
}
