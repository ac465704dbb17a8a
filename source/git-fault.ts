/** Says in one sentence why a git command failed. Prose of git and servers chooses only the wording; no decision about a push hangs on it. */
import type { FaultKind } from './contract.ts';
import { SourceFault } from './fault.ts';
import { redact } from './redact.ts';
import type { RunResult } from './run.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly kind: FaultKind;
  readonly sentence: (repository: string, detail: string) => string;
}

const RULES: readonly Rule[] = [
  {
    pattern: /couldn't find remote ref/i,
    kind: 'not-found',
    sentence: (repository) => `Repository ${repository} has no such branch.`,
  },
  {
    pattern: /host key verification failed|no matching host key|REMOTE HOST IDENTIFICATION/i,
    kind: 'auth',
    sentence: (repository) => `The host key of ${repository} is not in knownHosts of its credentials.`,
  },
  {
    pattern: /could not read (?:username|password)|terminal prompts disabled/i,
    kind: 'auth',
    sentence: (repository) => `Repository ${repository} asks for credentials, and spec.credentials gives none.`,
  },
  {
    pattern: /authentication failed|permission denied|returned error: 40[13]|invalid credentials/i,
    kind: 'auth',
    sentence: (repository, detail) => `Repository ${repository} does not accept the credentials: ${detail}.`,
  },
  {
    pattern:
      /repository .*not found|returned error: 404|not appear to be a git repository|repository .*does not exist|no such file or directory.*\.git/i,
    kind: 'not-found',
    sentence: (repository, detail) =>
      `Repository ${repository} does not exist or these credentials may not see it: ${detail}.`,
  },
  {
    pattern: /returned error: 3\d\d|unable to update url base from redirection/i,
    kind: 'refused',
    sentence: (repository) =>
      `Repository ${repository} redirects elsewhere, which is not followed: set spec.repository to the address it redirects to.`,
  },
  {
    pattern: /shallow/i,
    kind: 'refused',
    sentence: (repository) =>
      `Repository ${repository} is a shallow copy without its whole history, from which nothing can be reverted safely.`,
  },
  {
    pattern: /fsck error|fsck_error|mismatched algorithms/i,
    kind: 'refused',
    sentence: (repository, detail) => `Repository ${repository} has an object that git does not accept: ${detail}.`,
  },
  {
    pattern: /file size limit|file too large|SIGXFSZ|died of signal 25/i,
    kind: 'too-large',
    sentence: (repository) => `Repository ${repository} is larger than the operator allows.`,
  },
  {
    pattern:
      /could not resolve|connection (?:refused|reset|timed out|closed)|failed to connect|unable to access|timed out|early eof|hung up|rpc failed|unexpected disconnect|operation too slow|invalid index-pack|network is unreachable|no route to host|could not read from remote|service unavailable|the requested url returned error|invalid server response|expected flush|protocol error|bad line length/i,
    kind: 'unreachable',
    sentence: (repository, detail) => `Repository ${repository} can't be reached: ${detail}.`,
  },
];

/** The fault of a git command that did not do what was asked of it. `repository` is its address without credentials. */
export function gitFault(result: RunResult, repository: string, secrets: readonly string[], what: string): SourceFault {
  switch (result.kind) {
    case 'aborted':
    case 'timeout':
      return new SourceFault('timeout', `Repository ${repository} gave no answer in time (${what}).`);
    case 'too-large':
      return new SourceFault('too-large', `Repository ${repository} sent more than the operator allows (${what}).`);
    case 'no-program':
      return new SourceFault('internal', `git can't be started in the source process: ${redact(result.why, secrets)}.`);
    case 'done': {
      const detail = redact(tellingLine(result.stderr), secrets).replace(/\.$/, '');
      const rule = RULES.find((entry) => entry.pattern.test(result.stderr));
      if (rule !== undefined) return new SourceFault(rule.kind, rule.sentence(repository, detail));
      return new SourceFault(
        'internal',
        `git failed on ${repository} (${what}, exit code ${result.code}): ${detail === '' ? 'no message' : detail}.`,
        { suspectsCache: true },
      );
    }
  }
}

/** The line that says most: the first `fatal:` or `error:`, or `remote:` line, else the last one. */
function tellingLine(stderr: string): string {
  const lines = stderr
    .split(/[\n\r]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.find((line) => /^(?:fatal|error|remote: (?:fatal|error))/i.test(line)) ?? lines.at(-1) ?? '';
  return telling.replace(/^(?:fatal|error): /i, '');
}
