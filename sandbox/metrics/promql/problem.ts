/** Why a query has no answer, in the error types of the Prometheus HTTP API. Thrown inside this folder, caught by `query.ts`. */

export type ProblemType = 'bad_data' | 'execution';

export class QueryProblem extends Error {
  readonly type: ProblemType;

  constructor(type: ProblemType, message: string) {
    super(message);
    this.type = type;
  }
}

/** The text is no PromQL, or its types don't fit (HTTP 400). */
export function badQuery(message: string): QueryProblem {
  return new QueryProblem('bad_data', `invalid parameter "query": parse error: ${message}`);
}

/** PromQL, but the data at hand don't allow it (HTTP 422). */
export function failed(message: string): QueryProblem {
  return new QueryProblem('execution', message);
}

/** PromQL that real Prometheus has and the sandbox does not (HTTP 422). */
export function notServed(construct: string): QueryProblem {
  return new QueryProblem(
    'execution',
    `the sandbox does not evaluate ${construct}; what it does is written in sandbox/metrics/GRAMMAR.md`,
  );
}
