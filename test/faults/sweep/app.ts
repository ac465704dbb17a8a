/** The application that the sweep releases: a canary behind a route with two weights, each followed by a metric check. */

import { gitSync } from '../../e2e/rights.ts';
import { shopFiles } from '../../e2e/shop-app.ts';

export const appName = 'shop';
export const appNamespace = 'shop';

/** `bad` in the tag is what the readings go by (see readings.ts). */
export type Version = 'v1' | 'v2-good' | 'v2-bad';

export interface App {
  readonly repositoryUrl: string;
  readonly readingsUrl: string;
}

const steps = [20, 50]
  .map(
    (weight) => `        - setWeight: ${weight}
        - pause: {duration: 3s}
        - analysis:
            templates:
              - templateName: ${appName}-errors
            args:
              - name: hash
                valueFrom:
                  podTemplateHashValue: Latest`,
  )
  .join('\n');

export function filesOf(app: App, version: Version): Readonly<Record<string, string>> {
  const files = shopFiles({
    name: appName,
    version,
    errorPct: 0,
    greeting: `hello ${version}`,
    replicas: 4,
    prometheusUrl: app.readingsUrl,
    query: 'error_share{hash="{{args.hash}}"}',
    steps,
  });
  const route = `apps/${appName}/route.yaml`;
  return { ...files, [route]: (files[route] ?? '').replace('bed-gateway', 'sandbox') };
}

/** What moves the sync at once is the request that a webhook would make. */
export function syncOf(app: App): object {
  const sync = gitSync({
    name: appName,
    namespace: appNamespace,
    repository: app.repositoryUrl,
    path: `apps/${appName}`,
  });
  const { credentials: _, ...spec } = sync.spec as Record<string, unknown>;
  return { ...sync, spec: { ...spec, interval: '5s', revert: { mode: 'push' } } };
}
