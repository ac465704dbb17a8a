/** Runs the kubectl plugin in this process, as its user would, and gives its exit code and what it said. */

import { systemClock } from '../../../kube/clock.ts';
import { runCommandLine } from '../../../cli/program.ts';

export interface Answer {
  readonly code: number;
  readonly text: string;
}

/** `onText` hears what is said at once. */
export async function runPlugin(
  kubeconfigPath: string,
  args: readonly string[],
  onText: (text: string) => void = () => undefined,
): Promise<Answer> {
  let text = '';
  const say = (more: string) => {
    text += more;
    onText(text);
  };
  const terminal = {
    out: say,
    err: say,
    env: { KUBECONFIG: kubeconfigPath },
    signal: new AbortController().signal,
    clock: systemClock,
    outIsTty: false,
  };
  const context = { terminal: terminal as never, version: 'test', program: 'kubectl tidegate' };
  // A busy machine is no reason to give up.
  return { code: await runCommandLine([...args, '--request-timeout', '1m'], context), text };
}
