/** Asks a GraphQL API one question; its errors come with status 200 and may come beside half an answer, which counts for nothing. */
import { z } from 'zod';
import type { MeasureContext } from '../provider.ts';
import { type Answered, askJson, type Question } from './ask.ts';
import { shortened } from './http-outcome.ts';

const GraphqlError = z.object({
  message: z.string().default('no message'),
  extensions: z.object({ errorClass: z.string() }).optional().catch(undefined),
});
const GraphqlAnswer = z.object({ data: z.unknown().optional(), errors: z.array(GraphqlError).nullish() });

export interface GraphqlQuestion extends Omit<Question, 'method' | 'body'> {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What stands under `data`. Errors of the classes for time and server are said to pass by themselves. */
export async function askGraphql(question: GraphqlQuestion, context: MeasureContext): Promise<Answered<unknown>> {
  const { query, variables, headers, ...rest } = question;
  const asked = await askJson(
    {
      ...rest,
      method: 'POST',
      headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    },
    GraphqlAnswer,
    context,
  );
  if (asked.kind !== 'ok') return asked;
  const [error] = asked.answer.errors ?? [];
  if (error === undefined) return { kind: 'ok', answer: asked.answer.data };
  const mayPass = /TIMEOUT|SERVER|THROTTL|RATE/i.test(error.extensions?.errorClass ?? '');
  return {
    kind: mayPass ? 'unavailable' : 'misconfigured',
    why: `${question.backend} answered with an error: ${shortened(error.message)}`,
  };
}
