/** Small Kubernetes objects for tests of the bed itself. */
import type { BedObject } from './api.ts';

/** A ReplicaSet whose pods declare one port named http and are scraped by Prometheus. */
export function webReplicaSet(name: string, replicas: number, image = 'web:1'): BedObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': 'true' } },
        spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
    },
  };
}

/** A Service on port 80 for the pods of such a ReplicaSet. */
export function webService(name: string): BedObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
