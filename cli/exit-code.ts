/** The exit codes that scripts may rely on, and the error that carries one out of a command. */

import type { ApiResult } from '../kube/api.ts';

export const exitCode = {
  /** The state asked for is reached. */
  ok: 0,
  unexpected: 1,
  /** Wrong usage, or a command that makes no sense for the object's state. */
  usage: 2,
  /** Not found or not permitted. */
  denied: 3,
  /** The release was rolled back by analysis or by the controller's own checks. */
  rolledBack: 10,
  abortedByPerson: 11,
  /** A newer revision took its place. */
  superseded: 12,
  /** Progress deadline passed, or a spec that cannot be used. */
  stuck: 13,
  /** Waits for a person. */
  gate: 14,
  timeout: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Ends a command: the message goes to stderr, the code to the shell. */
export class CliError extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.code = code;
  }
}

type ApiFailure = Exclude<ApiResult, { kind: 'ok' }>;

/** One sentence for a refused or failed API call; `what` reads as "cannot <what>". */
export function apiError(what: string, failure: ApiFailure): CliError {
  switch (failure.kind) {
    case 'not-found':
      return new CliError(exitCode.denied, `cannot ${what}: ${failure.message}`);
    case 'forbidden':
      return new CliError(exitCode.denied, `cannot ${what}: not permitted; ${missingRule(failure.right)}`);
    case 'busy':
      return new CliError(
        exitCode.unexpected,
        `cannot ${what}: the API server is busy; try again in ${failure.retryAfterMs / 1000} s`,
      );
    case 'unknown':
      return new CliError(exitCode.unexpected, `cannot ${what}: ${failure.cause.message}`, { cause: failure.cause });
    case 'conflict':
    case 'gone':
    case 'invalid':
      return new CliError(exitCode.unexpected, `cannot ${what}: ${failure.message}`);
  }
}

/** "patch rollouts.tidegate.io in namespace shop" as the rule that a Role would need. */
function missingRule(right: string): string {
  const match = /^(\S+) ([^.\s/]+)(?:\.([^\s/]+))?(\/\S+)? (in namespace (\S+)|at the cluster scope)$/.exec(right);
  if (match === null) return `what is missing: ${right}`;
  const [, verb, plural, group = '', subresource = '', , namespace] = match;
  const rule = `apiGroups ["${group}"], resources ["${plural}${subresource}"], verbs ["${verb}"]`;
  return namespace === undefined
    ? `a ClusterRole with ${rule} is missing`
    : `a Role in namespace ${namespace} with ${rule} is missing`;
}
