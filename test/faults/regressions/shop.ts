/** The app of the regression scenarios: the one of the other runs, with the fields that a scenario needs on top. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { at, listAt, textAt } from '../in-process/cluster-state.ts';
import { appFiles } from '../in-process/shop-objects.ts';

export interface Shop {
  /** Tag of the image, which makes the revision; see the sandbox's behaviours for tags with a meaning. */
  readonly version: string;
  readonly replicas?: number;
  /** Without a route the split is by pods. */
  readonly routed?: boolean;
  readonly steps?: readonly JsonObject[];
  /** On top of spec.strategy.canary. */
  readonly canary?: JsonObject;
  /** Instead of a canary; the Services are `shop` and `shop-preview`. */
  readonly blueGreen?: JsonObject;
  /** On top of spec. */
  readonly spec?: JsonObject;
  readonly env?: Readonly<Record<string, string>>;
}

export const gate: readonly JsonObject[] = [{ setWeight: 40 }, { pause: {} }];

export function shopObjects(shop: Shop): readonly JsonObject[] {
  const { version, replicas = 4, routed, steps = gate } = shop;
  const base = { name: 'shop', version, replicas, steps, analysis: 'step' } as const;
  const files = appFiles({
    ...base,
    ...(routed === undefined ? {} : { routed }),
    ...(shop.blueGreen === undefined ? {} : { blueGreen: 'both' as const }),
  });
  return Object.values(files)
    .filter((object): object is JsonObject => object !== undefined)
    .map((object) => (textAt(object, 'kind') === 'Rollout' ? rollout(object, shop) : object));
}

function rollout(object: JsonObject, shop: Shop): JsonObject {
  const spec = at(object, 'spec') as JsonObject;
  return { ...object, spec: { ...spec, strategy: strategy(spec, shop), template: template(spec, shop), ...shop.spec } };
}

function strategy(spec: JsonObject, { canary, blueGreen }: Shop): JsonObject {
  if (blueGreen !== undefined)
    return {
      blueGreen: { activeService: 'shop', previewService: 'shop-preview', scaleDownDelaySeconds: 3, ...blueGreen },
    };
  const base = at(spec, 'strategy.canary') as JsonObject;
  const merged = Object.entries({ ...base, ...canary }).filter(([, value]) => value !== null);
  return { canary: Object.fromEntries(merged) };
}

/** The config of all versions is one and the same, so that only the image makes a revision. */
function template(spec: JsonObject, { env = {} }: Shop): JsonObject {
  const before = spec['template'] as JsonObject;
  const [container] = listAt(before, 'spec.containers');
  const list = Object.entries(env).map(([name, value]) => ({ name, value }));
  const changed = { ...container, ...(list.length === 0 ? {} : { env: list }) };
  return { ...before, spec: { ...(before['spec'] as JsonObject), containers: [changed] } };
}
