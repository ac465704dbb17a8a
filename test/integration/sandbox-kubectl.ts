/** Stock kubectl against a server, and its output without what chance and the clock decide. */

import { program } from '../bed/programs.ts';
import { type RunResult, tryRun } from '../bed/run-command.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';

export interface Kubectl {
  /** Runs one command; never throws for a failing one. */
  run(args: readonly string[], input?: string): Promise<RunResult>;
  /** Standard output of one that must succeed. @throws Error with what kubectl said. */
  must(args: readonly string[], input?: string): Promise<string>;
  /** Removes the discovery cache. */
  close(): void;
}

export function kubectlFor(kubeconfigPath: string): Kubectl {
  const cache = makeTempDir('kubectl');
  const flags = [`--kubeconfig=${kubeconfigPath}`, `--cache-dir=${cache}`];
  const run: Kubectl['run'] = (args, input) =>
    tryRun(program('kubectl'), [...flags, ...args], { timeoutMs: 40_000, ...(input === undefined ? {} : { input }) });
  return {
    run,
    async must(args, input) {
      const result = await run(args, input);
      if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${result.stderr}${result.stdout}`);
      return result.stdout;
    },
    close: () => removeTempDir(cache),
  };
}

/** What a user sees, comparable: times, uids, versions, addresses and ports have names; columns are one blank apart. */
export function seen({ code, stdout, stderr }: RunResult): string {
  const text = `${stdout}${stderr === '' ? '' : `--- stderr\n${stderr}`}`;
  const plain = text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>')
    .replace(/(resourceVersion"?: )"\d+"/g, '$1<version>')
    .replace(/(Resource Version:\s+)\d+/g, '$1<version>')
    .replace(/\b10\.96\.\d+\.\d+\b/g, '<cluster-ip>')
    .replace(/https:\/\/127\.0\.0\.1:\d+/g, '<server>')
    .replace(/\b(bed-admin|kubernetes-admin)\b/g, '<admin>')
    .replace(/(?<=\s)\d+m?\d*s(?=\s|$)/gm, '<age>')
    .replace(/[ \t]+/g, ' ');
  return `exit ${code}\n${plain}`;
}
