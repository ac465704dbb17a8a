/** The custom resource definitions of a dialect, built in memory from the schemas. */

import { printerColumns } from './printer-columns.ts';
import { apiVersionName, type Dialect, ownGroup, tidegateDialect } from './schema/dialect.ts';
import type { JsonObject } from './schema/json.ts';
import { groupOf, type KindDefinition, kinds } from './schema/kinds.ts';
import { structuralSchema } from './structural.ts';

const scale = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.HPAReplicas',
  labelSelectorPath: '.status.selector',
};

function subresources(definition: KindDefinition, dialect: Dialect): JsonObject {
  if (!definition.hasStatus(dialect)) return {};
  return { subresources: { status: {}, ...(definition.hasScale ? { scale } : {}) } };
}

function version(definition: KindDefinition, dialect: Dialect): JsonObject {
  return {
    name: apiVersionName,
    served: true,
    storage: true,
    ...subresources(definition, dialect),
    additionalPrinterColumns: [...printerColumns(definition.kind, dialect)],
    schema: { openAPIV3Schema: structuralSchema(definition.schemaOf(dialect), dialect) },
  };
}

/** One apiextensions.k8s.io/v1 CustomResourceDefinition. */
export function customResourceDefinition(definition: KindDefinition, dialect: Dialect): JsonObject {
  const group = groupOf(definition.kind, dialect);
  const { plural, singular, kind, shortName, scope } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'tidegate' } },
    spec: {
      group,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        shortNames: [shortName],
        ...(group === ownGroup ? { categories: ['tidegate'] } : {}),
      },
      versions: [version(definition, dialect)],
    },
  };
}

/** All eleven definitions: the first five under the dialect's group, the others under tidegate.io. */
export function crdManifests(dialect: Dialect): JsonObject[] {
  return kinds.map((definition) =>
    customResourceDefinition(definition, definition.ownGroup ? tidegateDialect : dialect),
  );
}
