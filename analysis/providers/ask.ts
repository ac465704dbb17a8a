/** Asks an HTTP backend one question and reads its JSON answer; what every vendor's API has in common. */
import { z } from 'zod';
import type { OutboundRequest } from '../../outbound/outcome.ts';
import type { MeasureContext, Missing } from '../provider.ts';
import { badStatus, isPage, noAnswer, type Response } from './http-outcome.ts';

export interface Question extends Omit<OutboundRequest, 'signal'> {
  /** Its name in sentences. */
  readonly backend: string;
  /** Where its credentials are set, for the sentence about refused ones. */
  readonly credentialsIn?: string;
}

export type Answered<T> = { readonly kind: 'ok'; readonly answer: T } | Missing;

/** The 2xx answer as it came. A web page in its place is no answer of an API. */
export async function askText(question: Question, context: MeasureContext): Promise<Answered<Response>> {
  const { backend, credentialsIn, ...request } = question;
  const outcome = await context.outbound.send({ ...request, signal: context.signal });
  if (outcome.kind !== 'response') return noAnswer(outcome, backend);
  const bad = badStatus(outcome, backend, context.now, saidIn(outcome), credentialsIn);
  if (bad !== undefined) return bad;
  if (!isPage(outcome)) return { kind: 'ok', answer: outcome };
  return { kind: 'unavailable', why: `${backend} answered a web page instead of data; is it the address of the API?` };
}

/** The 2xx answer read by `schema`; anything else is no evidence of anything and is said to be unavailable. */
export async function askJson<T>(
  question: Question,
  schema: z.ZodType<T>,
  context: MeasureContext,
): Promise<Answered<T>> {
  const text = await askText(question, context);
  if (text.kind !== 'ok') return text;
  const parsed = schema.safeParse(parsedJson(text.answer.body));
  if (parsed.success) return { kind: 'ok', answer: parsed.data };
  return {
    kind: 'unavailable',
    why: `${question.backend} answered something that its API does not; is it the right address?`,
  };
}

/** Undefined for what is no JSON. */
export function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const Sentence = z.union([z.string(), z.object({ message: z.string() }), z.object({ detail: z.string() })]);
const Complaint = z.union([
  z.object({ errors: z.array(Sentence).min(1) }).transform(({ errors }) => errors[0]),
  z.object({ message: Sentence }).transform(({ message }) => message),
  z.object({ errorMessage: Sentence }).transform(({ errorMessage }) => errorMessage),
  z.object({ error: Sentence }).transform(({ error }) => error),
  z.object({ status: z.object({ message: z.string() }) }).transform(({ status }) => status),
]);

/** The backend's own sentence in an error answer, in the shapes that APIs use; a short plain text is taken as it is. */
function saidIn(response: Response): string {
  const json = parsedJson(response.body);
  if (json === undefined) return isPage(response) ? '' : response.body;
  const complaint = Complaint.safeParse(json);
  const said = complaint.success ? complaint.data : undefined;
  if (said === undefined || typeof said === 'string') return said ?? '';
  return 'message' in said ? said.message : said.detail;
}

/** `path` below an http or https address, whose own path stays; undefined when it is no such address. */
export function endpoint(address: string, path: string): URL | undefined {
  const url = URL.parse(address.trim());
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return undefined;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  return url;
}
