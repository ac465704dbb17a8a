/** Names a failed request by its error code. Error texts are never passed on: they may quote headers or queries. */
import type { OutboundOutcome } from './outcome.ts';

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection before it had answered',
  EPIPE: 'closed the connection before it had answered',
  ENOTFOUND: 'could not be resolved',
  EAI_AGAIN: 'could not be resolved for now',
  EHOSTUNREACH: 'cannot be reached (no route)',
  ENETUNREACH: 'cannot be reached (no route)',
  ETIMEDOUT: 'did not accept the connection in time',
  ECONNABORTED: 'did not answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a self-signed TLS certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a TLS certificate of an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a TLS certificate of an unknown authority',
  CERT_HAS_EXPIRED: 'has an expired TLS certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a TLS certificate for another host',
};

function errorCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string' && current.code !== '') return current.code;
  }
  return 'unknown error';
}

/** Turns what axios threw into an outcome; `url` gives host and port for the sentence. */
export function failureOutcome(error: unknown, url: URL, maxBytes: number): OutboundOutcome {
  if (error instanceof Error && /maxContentLength|maxBodyLength/.test(error.message)) {
    return { kind: 'too-large', why: `${url.host} sent more than ${maxBytes} bytes` };
  }
  const code = errorCode(error);
  if (code === 'ERR_INVALID_CHAR')
    return { kind: 'refused', why: `a header for ${url.host} has a character that HTTP does not allow` };
  const said = sentences[code] ?? `could not be asked (${code})`;
  return { kind: 'unreachable', why: `${url.host} ${said}` };
}
