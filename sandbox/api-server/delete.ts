/** DELETE of an object: preconditions, propagation through finalizers, graceful ending of pods, namespaces that empty first. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { commit, timestamp, type Write } from './core.ts';
import { goKind } from './decode.ts';
import { listAt, merged, metadataOf, nameOf, numberAt, stringAt, without } from './json-access.ts';
import { badRequest, conflict, forbidden, invalidOptions } from './status-error.ts';

export interface DeleteOptions {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly propagation: '' | 'Background' | 'Foreground' | 'Orphan';
  readonly graceSeconds: number | undefined;
}

/** The options of a DELETE from its body, or from its query where the body is silent. @throws StatusError 400, 422. */
export function deleteOptions(body: Json | undefined, query: Readonly<Record<string, string>>): DeleteOptions {
  if (body !== undefined && !isJsonObject(body)) throw badRequest("couldn't get version/kind; json parse error");
  const options = body ?? {};
  if (options.gracePeriodSeconds != null && typeof options.gracePeriodSeconds !== 'number') {
    throw badRequest(
      `json: cannot unmarshal ${goKind(options.gracePeriodSeconds)} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`,
    );
  }
  const orphan = options.orphanDependents ?? booleanOf(query.orphanDependents);
  const propagation = stringAt(options, 'propagationPolicy') || (query.propagationPolicy ?? '');
  if (!isPropagation(propagation)) {
    const message = `Unsupported value: ${JSON.stringify(propagation)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw invalidOptions('DeleteOptions', { reason: 'FieldValueNotSupported', field: 'propagationPolicy', message });
  }
  if (orphan !== undefined && propagation !== '') {
    const message = `Invalid value: ${JSON.stringify(propagation)}: orphanDependents and deletionPropagation cannot be both set`;
    throw invalidOptions('DeleteOptions', { reason: 'FieldValueInvalid', field: 'propagationPolicy', message });
  }
  const grace = numberAt(options, 'gracePeriodSeconds') ?? numberOf(query.gracePeriodSeconds);
  return {
    uid: stringAt(options, 'preconditions', 'uid'),
    resourceVersion: stringAt(options, 'preconditions', 'resourceVersion'),
    propagation: orphan === true ? 'Orphan' : orphan === false ? 'Background' : propagation,
    graceSeconds: grace,
  };
}

function isPropagation(text: string): text is DeleteOptions['propagation'] {
  return ['', 'Background', 'Foreground', 'Orphan'].includes(text);
}

function booleanOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'true' || text === '1';
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}

/** What is left: `object` as it is now or was at last; `gone` when it is not stored any more. */
export interface Deleted {
  readonly object: JsonObject;
  readonly gone: boolean;
}

/** @throws StatusError 403 for namespaces that stay, 409 for a precondition. */
export function deleteObject(write: Write, live: JsonObject, options: DeleteOptions): Deleted {
  checkPreconditions(write, live, options);
  if (isNamespace(write)) return deleteNamespace(write, live);
  const { kind } = write.target;
  const graceSeconds = kind.rules.graceSeconds?.(live);
  if (graceSeconds !== undefined) return endGracefully(write, live, options, graceSeconds);
  const propagation = options.propagation || (kind.rules.defaultPropagation ?? '');
  const finalizers = finalizersAfter(live, { ...options, propagation });
  if (finalizers.length === 0) return { object: commit(write, nameOf(live), undefined), gone: true };
  const marked = markDeleting(write, live, finalizers, 0);
  return { object: marked === live ? live : commit(write, nameOf(live), marked), gone: false };
}

/** @throws StatusError 409 when uid or resourceVersion are not those asked for. */
export function checkPreconditions({ target: { kind } }: Write, live: JsonObject, options: DeleteOptions): void {
  const byKind = { group: kind.group, plural: kind.kind };
  const uid = stringAt(live, 'metadata', 'uid');
  if (options.uid !== '' && options.uid !== uid) {
    const why =
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). ` +
      'The object might have been deleted and then recreated';
    throw conflict(byKind, nameOf(live), why);
  }
  const version = stringAt(live, 'metadata', 'resourceVersion');
  if (options.resourceVersion !== '' && options.resourceVersion !== version) {
    const why =
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record ` +
      `(${version}). The object might have been modified`;
    throw conflict(byKind, nameOf(live), why);
  }
}

/** The garbage collector takes these away when its part is done. */
function finalizersAfter(live: JsonObject, { propagation }: DeleteOptions): readonly Json[] {
  const finalizers = listAt(live, 'metadata', 'finalizers');
  if (propagation === '') return finalizers;
  const others = finalizers.filter((one) => one !== 'orphan' && one !== 'foregroundDeletion');
  if (propagation === 'Orphan') return [...others, 'orphan'];
  if (propagation === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}

function markDeleting(write: Write, live: JsonObject, finalizers: readonly Json[], graceSeconds: number): JsonObject {
  const metadata = metadataOf(live);
  const known = listAt(live, 'metadata', 'finalizers');
  const sameFinalizers = known.length === finalizers.length && known.every((one) => finalizers.includes(one));
  const already = metadata.deletionTimestamp !== undefined;
  if (already && sameFinalizers) return live;
  const list = { finalizers: finalizers.length === 0 ? undefined : finalizers };
  if (already) return { ...live, metadata: merged(metadata, list) };
  const at = timestamp(write.core.clock.now() + graceSeconds * 1000);
  return {
    ...live,
    metadata: merged(metadata, {
      ...list,
      deletionTimestamp: at,
      deletionGracePeriodSeconds: graceSeconds,
      ...(typeof metadata.generation === 'number' ? { generation: metadata.generation + 1 } : {}),
    }),
  };
}

/** A pod stays, marked, until its kubelet deletes it with grace period 0; one that no node has yet goes at once. */
function endGracefully(write: Write, live: JsonObject, options: DeleteOptions, ownSeconds: number): Deleted {
  const finalizers = finalizersAfter(live, options);
  const wanted = ownSeconds === 0 ? 0 : Math.max(0, options.graceSeconds ?? ownSeconds);
  const current = numberAt(live, 'metadata', 'deletionGracePeriodSeconds');
  const shortened = current !== undefined && wanted < current ? shorten(write, live, current, wanted) : undefined;
  const marked = shortened ?? markDeleting(write, live, finalizers, wanted);
  const stored = marked === live ? live : commit(write, nameOf(live), marked);
  const seconds = numberAt(stored, 'metadata', 'deletionGracePeriodSeconds') ?? 0;
  if (seconds > 0 || listAt(stored, 'metadata', 'finalizers').length > 0) return { object: stored, gone: false };
  const removed = commit(write, nameOf(live), undefined);
  return { object: write.dryRun ? stored : removed, gone: true };
}

function shorten(write: Write, live: JsonObject, fromSeconds: number, toSeconds: number): JsonObject {
  const metadata = metadataOf(live);
  const asked = Date.parse(stringAt(metadata, 'deletionTimestamp')) - fromSeconds * 1000;
  const deletionTimestamp = timestamp(asked + toSeconds * 1000);
  void write;
  return { ...live, metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: toSeconds } };
}

function isNamespace({ target: { kind } }: Write): boolean {
  return kind.group === '' && kind.kind === 'Namespace';
}

const immortal = new Set(['default', 'kube-system', 'kube-public']);

function deleteNamespace(write: Write, live: JsonObject): Deleted {
  const name = nameOf(live);
  const { kind } = write.target;
  if (immortal.has(name)) throw forbidden(kind, name, 'this namespace may not be deleted');
  if (metadataOf(live).deletionTimestamp !== undefined) {
    if (listAt(live, 'spec', 'finalizers').length === 0 && listAt(live, 'metadata', 'finalizers').length === 0) {
      return { object: commit(write, name, undefined), gone: true };
    }
    return { object: live, gone: false };
  }
  const marked = markDeleting(write, live, listAt(live, 'metadata', 'finalizers'), 0);
  const ending = {
    ...marked,
    metadata: without(metadataOf(marked), 'deletionGracePeriodSeconds'),
    status: { ...(isJsonObject(live.status) ? live.status : {}), phase: 'Terminating' },
  };
  return { object: commit(write, name, ending), gone: false };
}
