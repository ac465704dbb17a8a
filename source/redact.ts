/** Makes text of other programs and servers fit for a message: no credentials, no control characters, bounded. */
import { withoutUserInfo } from './url.ts';

const MAX_LENGTH = 400;
/** Shorter secrets would blank out ordinary words. */
const MIN_SECRET_LENGTH = 4;

/** One line of at most 400 characters in which no secret, in plain or URL-encoded or base64 form, and no user info of a URL appears. */
export function redact(text: string, secrets: readonly string[]): string {
  let out = text;
  for (const secret of secrets.filter((entry) => entry.length >= MIN_SECRET_LENGTH)) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      out = out.replaceAll(form, '***');
  }
  const oneLine = withoutUserInfo(out)
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return oneLine.length > MAX_LENGTH ? `${oneLine.slice(0, MAX_LENGTH)}...` : oneLine;
}
