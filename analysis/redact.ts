/** Takes secret values out of texts that people will see, in every form in which a backend could echo them. */

const mask = '*****';

/** Makes the function that masks all given secrets; longer ones first, so that one inside another leaves no rest. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf));
  const ordered = [...forms].toSorted((a, b) => b.length - a.length);
  return (text) =>
    maskPieces(
      ordered.reduce((sum, form) => sum.replaceAll(form, mask), text),
      ordered,
    );
}

/** Parsers and backends quote the word at which they stumbled, which may be a piece of a secret; short words tell too little. */
function maskPieces(text: string, forms: readonly string[]): string {
  if (forms.length === 0) return text;
  return text.replace(/[\p{L}\p{Nd}_]{6,}/gu, (word) => (forms.some((form) => form.includes(word)) ? mask : word));
}

/** As it is, trimmed, inside JSON, in a URL or a form, and in base64 as headers carry it. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret.toWellFormed());
  const trimmed = secret.trim();
  return [secret, trimmed, json, url, url.replaceAll('%20', '+'), base64(secret)].filter((form) => form !== '');
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text.slice(0, 8192))));
}
