/**
 * Answers that are not the object asked for: Status objects in the words of a real API server. They are thrown, and
 * `handle` turns them into replies: a refusal can come from any depth of a write.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';

/** A refusal: what `handle` answers in place of an object. */
export class StatusError extends Error {
  readonly code: number;
  status: JsonObject;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }

  /** The same with metadata in the Status: a list that expired says how to go on. */
  withMetadata(metadata: JsonObject): this {
    this.status = { ...this.status, metadata };
    return this;
  }
}

/** What a message names: `deployments.apps "web"`. */
export interface Named {
  readonly group: string;
  readonly plural: string;
}

/** `deployments.apps`, or `pods` of the core group. */
export function qualified({ group, plural }: Named): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf(group: string, kind: string, name: string, more: JsonObject = {}): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    ...more,
  };
}

export function notFound(what: Named, name: string): StatusError {
  const details = detailsOf(what.group, what.plural, name);
  return new StatusError(404, 'NotFound', `${qualified(what)} "${name}" not found`, details);
}

export function alreadyExists(what: Named, name: string): StatusError {
  const details = detailsOf(what.group, what.plural, name);
  return new StatusError(409, 'AlreadyExists', `${qualified(what)} "${name}" already exists`, details);
}

export function conflict(what: Named, name: string, why: string, causes?: readonly FieldCause[]): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(what)} "${name}": ${why}`;
  const more = causes === undefined ? {} : { causes: causesOf(causes) };
  return new StatusError(409, 'Conflict', message, detailsOf(what.group, what.plural, name, more));
}

export const modifiedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** An error that a real server did not foresee: no reason. */
export function internalError(message: string): StatusError {
  return new StatusError(500, '', message);
}

export function forbidden(what: Named, name: string, why: string, causes?: readonly FieldCause[]): StatusError {
  const more = causes === undefined ? {} : { causes: causesOf(causes) };
  const details = detailsOf(what.group, what.plural, name, more);
  return new StatusError(403, 'Forbidden', `${qualified(what)} "${name}" is forbidden: ${why}`, details);
}

/** 422 with every cause; the message lists them in order, in brackets when there are several. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  causes: readonly FieldCause[],
): StatusError {
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const said = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const title = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const details = detailsOf(kind.group, kind.kind, name, { causes: causesOf(causes) });
  return new StatusError(422, 'Invalid', `${title} "${name}" is invalid: ${said}`, details);
}

function causesOf(causes: readonly FieldCause[]): readonly JsonObject[] {
  return causes.map(({ reason, message, field }) => ({ reason, message, ...(field === '' ? {} : { field }) }));
}

/** 422 about the options of a request: `ListOptions.meta.k8s.io "" is invalid: ...`. */
export function invalidOptions(kind: string, ...causes: readonly FieldCause[]): StatusError {
  return invalid({ group: 'meta.k8s.io', kind }, '', causes);
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

/** The path is of a served group, but no such resource or subresource is. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, 'MethodNotAllowed', message, {});
}

export function tooManyRequests(message: string, details: JsonObject): StatusError {
  return new StatusError(429, 'TooManyRequests', message, details);
}

export function unsupportedMediaType(message: string): StatusError {
  return new StatusError(415, 'UnsupportedMediaType', message);
}
