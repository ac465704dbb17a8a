/** Headers and credentials of an HTTP backend, as a metric writes them. */
import type { HttpHeader, ProviderAuthentication } from '../../crds/schema/provider-auth.ts';
import type { AwsAccess } from '../../outbound/aws/access.ts';
import type { Credentials } from '../../outbound/outcome.ts';
import type { MeasureContext, MetricProblem, Missing, Reading } from '../provider.ts';
import { redactor } from '../redact.ts';
import { signatureFor } from './aws-signature.ts';
import type { Tokens } from './oauth2.ts';

export interface HttpSettings {
  readonly headers?: readonly HttpHeader[] | undefined;
  readonly authentication?: ProviderAuthentication | undefined;
}

export function headersOf(settings: HttpSettings): Record<string, string> {
  return Object.fromEntries((settings.headers ?? []).map(({ key, value }) => [key.toLowerCase(), value]));
}

export type Authorized =
  /** `hide` takes a token out of what people will see. */
  { readonly kind: 'ok'; readonly credentials?: Credentials; readonly hide: (reading: Reading) => Reading } | Missing;

/** Where tokens and keys come from. Without `aws` nothing is signed. */
export interface Authorities {
  readonly tokens: Tokens;
  readonly aws?: AwsAccess | undefined;
}

/** The credentials to send to `url`; for OAuth 2 and AWS they are fetched first. */
export async function authorize(
  settings: HttpSettings,
  url: string,
  context: MeasureContext,
  { tokens, aws }: Authorities,
): Promise<Authorized> {
  const { basicAuth, oauth2, sigv4 } = settings.authentication ?? {};
  if (isSet(sigv4)) {
    const signature = await signatureFor(url, sigv4 ?? {}, context, aws);
    if (signature.kind !== 'sigv4') return signature;
    const hide = redactor([signature.keys.secretAccessKey, signature.keys.sessionToken ?? '']);
    return { kind: 'ok', credentials: signature, hide: (reading) => hidden(reading, hide) };
  }
  if (oauth2 !== undefined && isSet(oauth2)) {
    const outcome = await tokens.fetch(oauth2, context);
    if (outcome.kind !== 'token') return outcome;
    const { token } = outcome;
    const hide = redactor([token]);
    return { kind: 'ok', credentials: { kind: 'bearer', token }, hide: (reading) => hidden(reading, hide) };
  }
  const plain = { kind: 'ok', hide: (reading: Reading) => reading } as const;
  if (basicAuth === undefined) return plain;
  const { username = '', password = '' } = basicAuth;
  return { ...plain, credentials: { kind: 'basic', username, password } };
}

function hidden(reading: Reading, hide: (text: string) => string): Reading {
  if (reading.kind === 'value') return { ...reading, text: hide(reading.text) };
  if (reading.kind === 'running' || reading.kind === 'verdict') return reading;
  return { ...reading, why: hide(reading.why) };
}

/** Problems of the settings; `prefix` is the path of the provider, such as `provider.web`. */
export function lintSettings(settings: HttpSettings, prefix: string): MetricProblem[] {
  const problems: MetricProblem[] = [];
  const { basicAuth, oauth2, sigv4 } = settings.authentication ?? {};
  if (isSet(oauth2)) problems.push(...oauth2Problems(oauth2, `${prefix}.authentication.oauth2`));
  const several = Object.entries({ basicAuth, oauth2, sigv4 }).flatMap(([name, one]) => (isSet(one) ? [name] : []));
  if (several.length > 1) {
    problems.push({ field: `${prefix}.authentication`, message: `sets ${several.join(' and ')}: keep one` });
  }
  for (const [index, { key, value }] of (settings.headers ?? []).entries()) {
    const field = `${prefix}.headers[${index}]`;
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key))
      problems.push({ field, message: `${JSON.stringify(key)} is no header name` });
    // The value itself may be a secret, so it is not shown.
    if (!isHeaderValue(value))
      problems.push({ field, message: `the value of ${key} has a character that headers can't carry` });
  }
  return problems;
}

function oauth2Problems(oauth2: ProviderAuthentication['oauth2'], field: string): MetricProblem[] {
  const { tokenUrl = '', clientId = '' } = oauth2 ?? {};
  const url = URL.parse(tokenUrl);
  const isUrl = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
  return [
    ...(isUrl ? [] : [{ field: `${field}.tokenUrl`, message: 'is no complete http or https URL' }]),
    ...(clientId === '' ? [{ field: `${field}.clientId`, message: 'is missing' }] : []),
  ];
}

/** Empty objects come from templates that set nothing; they ask for nothing. */
export function isSet(value: object | undefined): boolean {
  return value !== undefined && Object.values(value).some((one) => one !== undefined && one !== '');
}

function isHeaderValue(value: string): boolean {
  return Array.from(value).every((char) => {
    const code = char.codePointAt(0) ?? 0;
    return code === 9 || (code >= 32 && code !== 127 && code <= 255);
  });
}
