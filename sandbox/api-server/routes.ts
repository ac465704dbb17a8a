/** Which part of the server a path belongs to: health, version, discovery, OpenAPI, reviews or a resource. */

import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { ApiCall, ApiReply } from './contract.ts';
import { type Core, type Target, timestamp } from './core.ts';
import * as discovery from './discovery.ts';
import { openapiV2, openapiV3, openapiV3Index, type PublishedKind } from './openapi/publish.ts';
import { wantedOf } from './output.ts';
import { resourcePath, type ResourcePath } from './request-path.ts';
import { handleResource } from './resource-request.ts';
import { answerReview, reviewKinds } from './reviews.ts';
import { badRequest, methodNotAllowed, noSuchResource } from './status-error.ts';

export function route(core: Core, call: ApiCall): ApiReply {
  const path = call.path.length > 1 ? call.path.replace(/\/+$/, '') : call.path;
  const fixed = fixedPath(core, call, path);
  if (fixed !== undefined) return fixed;
  const old = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)\/watch(\/.+)$/.exec(path);
  if (old !== null) return oldWatch(core, call, `${old[1]}${old[2]}`);
  const named = resourcePath(path);
  if (named === undefined || !isServed(core, named)) return nothingHere;
  const review = reviewKinds.find(
    ({ group, version, plural }) => group === named.group && version === named.version && plural === named.plural,
  );
  if (review !== undefined) return handleReview(core, call, named);
  const target = targetOf(core, named);
  if (target !== undefined && isWriteToAllNamespaces(call, target)) {
    if (target.kind.schema.custom) return nothingHere;
    throw methodNotAllowed();
  }
  return target === undefined ? nothingHere : handleResource(core, call, target);
}

/** The collection over all namespaces can only be read. */
function isWriteToAllNamespaces({ method }: ApiCall, { kind, namespace }: Target): boolean {
  return method !== 'GET' && kind.namespaced && namespace === '';
}

/** `/api/v1/watch/...`: a watch of a collection or of one object, from before there was `?watch`. */
function oldWatch(core: Core, call: ApiCall, path: string): ApiReply {
  const named = resourcePath(path);
  const target = named === undefined ? undefined : targetOf(core, named);
  if (target === undefined) return nothingHere;
  return handleResource(core, { ...call, path, query: { ...call.query, watch: 'true', oldWatch: 'true' } }, target);
}

const nothingHere: ApiReply = { kind: 'text', status: 404, text: '404 page not found\n' };

const ok: ApiReply = { kind: 'text', status: 200, text: 'ok' };

function json(body: JsonObject): ApiReply {
  return { kind: 'object', status: 200, body };
}

const version: JsonObject = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3',
  gitCommit: 'tidegate-sandbox',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'sandbox',
};

function fixedPath(core: Core, call: ApiCall, path: string): ApiReply | undefined {
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return ok;
  if (path === '/') return json({ paths: allPaths(core) });
  if (path === '/version') return json(version);
  if (path === '/openapi/v2' && call.accept.includes('protobuf')) return emptyOpenapiV2;
  if (path.startsWith('/openapi/')) return openapi(core, path);
  const catalogue = { kinds: core.kinds.all(), reviews: reviewKinds };
  if (path === '/api') return json(discoveryList(call, catalogue, true));
  if (path === '/apis') return json(discoveryList(call, catalogue, false));
  const [, root, group = '', groupVersion = '', ...rest] = path.split('/');
  if (root === 'api' && groupVersion === '') return coreResources(catalogue, group);
  if (root !== 'apis' || rest.length > 0) return undefined;
  const known = discovery.groupsOf(catalogue).find((one) => one.group === group);
  if (known === undefined) return nothingHere;
  if (groupVersion === '') return json(discovery.groupObject(known));
  if (!known.versions.includes(groupVersion)) return noVersion(core, group);
  return json(discovery.resourceList(catalogue, group, groupVersion));
}

/** What the root lists. */
function allPaths(core: Core): readonly string[] {
  const groups = discovery.groupsOf({ kinds: core.kinds.all(), reviews: reviewKinds });
  const versions = groups.flatMap(({ group, versions: all }) => [
    `/apis/${group}`,
    ...all.map((one) => `/apis/${group}/${one}`),
  ]);
  const others = ['/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return ['/api', '/api/v1', '/apis', ...versions, ...others].toSorted();
}

function coreResources(catalogue: discovery.Catalogue, version: string): ApiReply {
  if (version !== 'v1') throw noSuchResource();
  return json(discovery.resourceList(catalogue, '', 'v1'));
}

function noVersion(core: Core, group: string): ApiReply {
  if (core.kinds.isCustomGroup(group)) return nothingHere;
  throw noSuchResource();
}

function discoveryList(call: ApiCall, catalogue: discovery.Catalogue, core: boolean): JsonObject {
  if (wantedOf(call.accept).form === 'discovery') return discovery.aggregatedDiscovery(catalogue, core);
  return core ? discovery.coreVersions() : discovery.groupList(catalogue);
}

/** A protobuf document that says `swagger: 2.0`: kubectl asks for it when version 3 does not know a kind. */
const emptyOpenapiV2: ApiReply = { kind: 'text', status: 200, text: '\n\u00032.0' };

function openapi(core: Core, path: string): ApiReply {
  const catalogue = { kinds: core.kinds.all(), reviews: reviewKinds };
  const groups = discovery
    .groupsOf({ ...catalogue, reviews: [] })
    .flatMap(({ group, versions }) => versions.map((one) => ({ group, version: one })));
  const versions = [{ group: '', version: 'v1' }, ...groups];
  const kindsOf = (group: string, version: string): PublishedKind[] =>
    catalogue.kinds.filter((kind) => kind.group === group && kind.version === version);
  if (path === '/openapi/v3') return json(openapiV3Index(versions));
  if (path === '/openapi/v2') {
    return json(openapiV2(versions.map((one) => ({ groupVersion: one, kinds: kindsOf(one.group, one.version) }))));
  }
  const wanted = versions.find(({ group, version }) => {
    return path === (group === '' ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${group}/${version}`);
  });
  return wanted === undefined ? nothingHere : json(openapiV3(wanted, kindsOf(wanted.group, wanted.version)));
}

function isServed(core: Core, { group, version }: ResourcePath): boolean {
  return core.kinds.hasVersion(group, version);
}

/** Undefined where a group of custom resources knows no such path. @throws StatusError 404 where a builtin one does not. */
function targetOf(core: Core, named: ResourcePath): Target | undefined {
  const { group, version, namespace, plural, name, subresource } = named;
  const kind = core.kinds.resource(group, version, plural);
  const fits =
    kind !== undefined &&
    (kind.namespaced ? namespace !== '' || name === '' : namespace === '') &&
    !(kind.namespaced && namespace === '' && kind.schema.custom && name !== '');
  if (kind !== undefined && fits) return { kind, namespace, name, subresource };
  if (core.kinds.isCustomGroup(group)) return undefined;
  throw noSuchResource();
}

function handleReview(core: Core, call: ApiCall, named: ResourcePath): ApiReply {
  const review = reviewKinds.find((one) => one.group === named.group && one.plural === named.plural);
  if (review === undefined) throw noSuchResource();
  if (call.method !== 'POST') throw methodNotAllowed();
  if (!isJsonObject(call.body))
    throw badRequest(`the object provided is unrecognized (must be of type ${review.kind})`);
  const body = answerReview(review, call.body, {
    caller: call.caller,
    timestamp: timestamp(core.clock.now()),
    userOf: (token) => core.tokens.userOf(token),
  });
  return { kind: 'object', status: 201, body };
}
