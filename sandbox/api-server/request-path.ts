/** What a path of the API names: a resource in a version of a group, a namespace, a name, a subresource. */

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
}

/** Undefined when the path is not one of a resource. Namespaces are themselves resources and what others are in. */
export function resourcePath(path: string): ResourcePath | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const group = isCore ? '' : (parts[1] ?? '');
  const version = (isCore ? parts[1] : parts[2]) ?? '';
  const rest = parts.slice(isCore ? 2 : 3);
  if (version === '' || rest.length === 0) return undefined;
  const [first = '', second = '', third = ''] = rest;
  const inNamespace = first === 'namespaces' && rest.length > 2 && !isNamespaceSubresource(group, rest);
  const [plural = '', name = '', subresource = '', ...more] = inNamespace
    ? rest.slice(2)
    : [first, second, third, ...rest.slice(3)];
  if (more.length > 0) return undefined;
  return { group, version, namespace: inNamespace ? second : '', plural, name, subresource };
}

function isNamespaceSubresource(group: string, rest: readonly string[]): boolean {
  return group === '' && rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}
