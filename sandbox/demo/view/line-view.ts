/** One event as one line for a log: time, word, then what happened. Never escape codes. Pure. */

import { safeText } from '../../../cli/output.ts';
import { short } from '../../../cli/view/git-sentences.ts';
import type { DemoEvent, ScenarioResult } from '../events.ts';

const wordWidth = 12;

export function eventLine(event: DemoEvent): string {
  return `${clockTime(event.at)} ${wordOf(event).padEnd(wordWidth)}${safeText(tellOf(event)).replaceAll('\n', ' ')}`.trimEnd();
}

function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}

function wordOf(event: DemoEvent): string {
  return event.type === 'phase' ? event.phase.toLowerCase() : event.type;
}

function tellOf(event: DemoEvent): string {
  switch (event.type) {
    case 'ready':
      return `kubeconfig=${event.kubeconfig} gateway=${event.gateway} prometheus=${event.prometheus} repository=${event.repository} speed=${event.speed} seed=${event.seed}`;
    case 'scenario':
      return `${event.scenario}: ${event.story}`;
    case 'commit':
      return `${short(event.commit)} by ${event.author}: ${event.subject}`;
    case 'phase':
      return `${event.app} ${event.message}`;
    case 'step':
      return `${event.app} step=${event.step}/${event.steps} ${event.label}`;
    case 'weight':
      return `${event.app} ${event.from}->${event.to} step=${event.step}/${event.steps}`;
    case 'check':
      return `${event.app} ${event.metric}=${joined(event.text)} limit${ascii(event.limit)} verdict=${event.verdict}`;
    case 'rolled-back':
      return `${event.app} ${event.version} ${breachOf(event)}`;
    case 'promote':
      return `by "${event.command}": ${event.said}`;
    case 'result':
      return resultText(event);
    case 'timeline':
      return event.path;
    case 'note':
    case 'still':
      return event.message;
  }
}

function breachOf({ metric, got = '', want = '', why }: Extract<DemoEvent, { type: 'rolled-back' }>): string {
  return metric === undefined ? why : `check=${metric} got=${joined(got)} want${ascii(want)}`;
}

function resultText(result: ScenarioResult): string {
  const { scenario, outcome, wallMs, revertCommit, abortToStableMs, exposedRequests, problems } = result;
  const back = abortToStableMs === null ? '' : ` traffic-back=${abortToStableMs}ms exposed=${exposedRequests}req`;
  const revert = revertCommit === null ? '' : ` revert=${short(revertCommit)}`;
  const tree = ` head-is-good=${result.headTreeEqualsGood ? 'yes' : 'no'}`;
  const wrong = problems === undefined ? '' : `: ${problems.join(' ')}`;
  return `${scenario} ${outcome} in ${(wallMs / 1000).toFixed(1)}s${back}${revert}${tree}${wrong}`;
}

/** "95 %" as one word. */
function joined(text: string): string {
  return text.replaceAll(' ', '');
}

function ascii(limit: string): string {
  return joined(limit).replace('≥', '>=').replace('≤', '<=');
}
