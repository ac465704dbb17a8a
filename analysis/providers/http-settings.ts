/** Headers and credentials of an HTTP backend, as a metric writes them; kinds of authentication that are not built are refused by name. */
import type { HttpHeader, ProviderAuthentication } from '../../crds/schema/provider-auth.ts';
import type { Credentials } from '../../outbound/outcome.ts';
import type { MetricProblem } from '../provider.ts';

export interface HttpSettings {
  readonly headers?: readonly HttpHeader[] | undefined;
  readonly authentication?: ProviderAuthentication | undefined;
}

export function headersOf(settings: HttpSettings): Record<string, string> {
  return Object.fromEntries((settings.headers ?? []).map(({ key, value }) => [key.toLowerCase(), value]));
}

export function credentialsOf(settings: HttpSettings): { readonly credentials?: Credentials } {
  const basic = settings.authentication?.basicAuth;
  if (basic === undefined) return {};
  return { credentials: { kind: 'basic', username: basic.username ?? '', password: basic.password ?? '' } };
}

/** Problems of the settings; `prefix` is the path of the provider, such as `provider.web`. */
export function lintSettings(settings: HttpSettings, prefix: string): MetricProblem[] {
  const problems: MetricProblem[] = [];
  for (const kind of ['oauth2', 'sigv4'] as const) {
    if (isSet(settings.authentication?.[kind])) {
      problems.push({
        field: `${prefix}.authentication.${kind}`,
        message: `not supported yet: authentication.${kind}`,
      });
    }
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

/** Empty objects come from templates that set nothing; they ask for nothing. */
function isSet(value: object | undefined): boolean {
  return value !== undefined && Object.values(value).some((one) => one !== undefined && one !== '');
}

function isHeaderValue(value: string): boolean {
  return Array.from(value).every((char) => {
    const code = char.codePointAt(0) ?? 0;
    return code === 9 || (code >= 32 && code !== 127 && code <= 255);
  });
}
