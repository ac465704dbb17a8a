/** Runs cases on a server of one kind, several at a time, and gives their normalised answers. */

import type { Case } from './case.ts';
import { normalise, type NormalAnswer } from './normalise.ts';
import { runCase } from './run-case.ts';
import type { StartServer } from './servers.ts';

export type Answers = ReadonlyMap<string, readonly NormalAnswer[]>;

/** Cases have namespaces of their own; most of their time is waiting. */
const AT_ONCE = 6;

/** Starts the server, twice when some cases need controllers, and stops it again. */
export async function collect(start: StartServer, cases: readonly Case[]): Promise<Answers> {
  const plain = cases.filter((each) => each.needs !== 'controllers');
  const controlled = cases.filter((each) => each.needs === 'controllers');
  const [first, second] = await Promise.all([run(start, false, plain), run(start, true, controlled)]);
  return new Map([...first, ...second]);
}

async function run(start: StartServer, withControllers: boolean, cases: readonly Case[]): Promise<Answers> {
  const answers = new Map<string, readonly NormalAnswer[]>();
  if (cases.length === 0) return answers;
  const server = await start(withControllers);
  const left = [...cases];
  const worker = async (): Promise<void> => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) {
      answers.set(each.id, normalise(each, await runCase(server.target, each)));
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    await server.stop();
  }
  return answers;
}
