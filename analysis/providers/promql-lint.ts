/** Finds the first syntax error of a PromQL query and says where it is. */
import { parser } from '@prometheus-io/lezer-promql';

export interface PromqlProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const maxQueryLength = 65_536;

/** Undefined when the grammar accepts the query. Types and series are the server's business. */
export function lintPromql(query: string): PromqlProblem | undefined {
  if (query.trim() === '') return { line: 1, column: 1, message: 'the query is empty' };
  if (query.length > maxQueryLength) {
    return { line: 1, column: 1, message: `the query is longer than ${maxQueryLength} characters` };
  }
  let found: { readonly from: number; readonly to: number } | undefined;
  parser.parse(query).iterate({
    enter: (node) => {
      if (node.type.isError && (found === undefined || node.from < found.from))
        found = { from: node.from, to: node.to };
    },
  });
  return found === undefined ? undefined : describe(query, found);
}

function describe(query: string, error: { readonly from: number; readonly to: number }): PromqlProblem {
  const before = query.slice(0, error.from).split('\n');
  const [line, column] = [before.length, (before.at(-1) ?? '').length + 1];
  const token = query.slice(error.from, Math.max(error.to, error.from + 1)).trim();
  const rest = query.slice(error.from).trim();
  const what = rest === '' ? 'something is missing at the end' : `unexpected ${JSON.stringify(shown(token || rest))}`;
  return { line, column, message: `${what} at line ${line}, column ${column}` };
}

function shown(text: string): string {
  return text.length <= 30 ? text : `${text.slice(0, 29)}…`;
}
