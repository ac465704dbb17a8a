/** The documents that kubectl reads. */

import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../crds/schema/json.ts';
import { builtinSchema } from '../schema/builtin.ts';
import { customSchema } from '../schema/custom.ts';
import { openapiV3, openapiV3Index, type PublishedKind } from './publish.ts';

const apps = { group: 'apps', version: 'v1' };

function published(): readonly PublishedKind[] {
  const schema = builtinSchema('apps', 'v1', 'Deployment');
  if (schema === undefined) throw new Error('Deployments are served');
  return [{ kind: 'Deployment', plural: 'deployments', namespaced: true, schema }];
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((here, key) => (isJsonObject(here) ? here[key] : undefined), value);
}

describe('OpenAPI documents', () => {
  it('are found through the index', () => {
    expect(openapiV3Index([{ group: '', version: 'v1' }, apps])).toEqual({
      paths: {
        'api/v1': { serverRelativeURL: '/openapi/v3/api/v1' },
        'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1' },
      },
    });
  });

  it('say that patches can be validated strictly', () => {
    const path = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';
    const patch = at(openapiV3(apps, published()), 'paths', path, 'patch');
    expect(at(patch, 'x-kubernetes-group-version-kind')).toEqual({ ...apps, kind: 'Deployment' });
    expect(at(patch, 'parameters')).toContainEqual(expect.objectContaining({ name: 'fieldValidation', in: 'query' }));
  });

  it('hold every schema that they refer to', () => {
    const document = openapiV3(apps, published());
    const schemas = Object.keys(at(document, 'components', 'schemas') as JsonObject);
    const wanted = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name = ''] of wanted) expect(schemas).toContain(name);
    expect(schemas).toContain('io.k8s.api.core.v1.Container');
    expect(JSON.stringify(document)).not.toContain('x-zero-omitted');
  });

  it('describe custom kinds under the reversed group, with metadata', () => {
    const schema = customSchema(
      { schema: { openAPIV3Schema: { type: 'object', description: 'A foo.' } } },
      { group: 'a.b.io', version: 'v1', kind: 'Foo' },
    );
    const kind = { kind: 'Foo', plural: 'foos', namespaced: false, schema };
    const document = openapiV3({ group: 'a.b.io', version: 'v1' }, [kind]);
    const foo = at(document, 'components', 'schemas', 'io.b.a.v1.Foo');
    expect(foo).toMatchObject({ description: 'A foo.', 'x-kubernetes-group-version-kind': [{ kind: 'Foo' }] });
    expect(Object.keys(at(foo, 'properties') as JsonObject)).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(Object.keys(at(document, 'paths') as JsonObject)).toEqual([
      '/apis/a.b.io/v1/foos',
      '/apis/a.b.io/v1/foos/{name}',
    ]);
  });
});
