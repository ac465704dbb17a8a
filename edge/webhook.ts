/**
 * Whether a webhook comes from somebody who knows the shared secret, by the headers of the usual Git hosts. Only SHA-256:
 * an `X-Hub-Signature: sha1=...` counts as no signature. Pure.
 */

import { createHmac } from 'node:crypto';
import { isSameSecret } from './hint.ts';

/** Names in lower case, as Node gives them. */
export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type Verified = { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly message: string };

/** Headers that hold the HMAC SHA-256 of the raw body: with `sha256=` before it, or as it is. */
const signatureHeaders = [
  // GitHub, Gitea, Forgejo
  { name: 'x-hub-signature-256', prefixed: true },
  // Bitbucket: the same header is SHA-1 elsewhere, which the prefix tells
  { name: 'x-hub-signature', prefixed: true },
  { name: 'x-gitea-signature', prefixed: false },
  { name: 'x-forgejo-signature', prefixed: false },
  // whoever sends hints by a script of their own
  { name: 'x-signature', prefixed: true },
] as const;
const hex = /^[0-9a-f]{64}$/;

/** `secrets`: any of them is accepted, so that a secret can be changed without losing a webhook. */
export function verifyWebhook(headers: WebhookHeaders, body: Buffer, secrets: readonly string[]): Verified {
  const usable = secrets.filter((secret) => secret !== '');
  const signature = signatureOf(headers);
  if (signature !== undefined) {
    const signed = usable.some((secret) => isSameSecret(signature, hmacOf(body, secret)));
    return signed ? { kind: 'ok' } : refused('the signature does not fit this body and the secret');
  }
  const token = textOf(headers['x-gitlab-token']);
  if (token === undefined)
    return refused(
      'the request has no SHA-256 signature (X-Hub-Signature-256, X-Gitea-Signature, X-Signature) and no X-Gitlab-Token',
    );
  const known = usable.some((secret) => isSameSecret(token, secret));
  return known ? { kind: 'ok' } : refused('the X-Gitlab-Token is not the secret');
}

/** Hex of HMAC SHA-256. */
export function hmacOf(body: Buffer, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function signatureOf(headers: WebhookHeaders): string | undefined {
  for (const { name, prefixed } of signatureHeaders) {
    const text = textOf(headers[name]);
    if (text === undefined || (prefixed && !text.startsWith('sha256='))) continue;
    const value = (prefixed ? text.slice('sha256='.length) : text).toLowerCase();
    // What is no SHA-256 can't fit; it is compared all the same, so that it is refused as a wrong signature.
    return hex.test(value) ? value : 'not a SHA-256';
  }
  return undefined;
}

const deliveryHeaders = ['x-github-delivery', 'x-gitea-delivery', 'x-forgejo-delivery', 'idempotency-key'] as const;
const moreDeliveryHeaders = ['x-gitlab-event-uuid', 'x-request-uuid', 'x-delivery-id'] as const;

/** The id that the Git host gave this delivery: the same again when it repeats one. */
export function deliveryId(headers: WebhookHeaders): string | undefined {
  for (const name of [...deliveryHeaders, ...moreDeliveryHeaders]) {
    const text = textOf(headers[name]);
    if (text !== undefined) return `${name}:${text.slice(0, 200)}`;
  }
  return undefined;
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.[0];
  return text === undefined || text === '' ? undefined : text;
}

function refused(message: string): Verified {
  return { kind: 'refused', message };
}
