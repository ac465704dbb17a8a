/** The tiny cluster with a blue-green Rollout: an active Service, perhaps a preview Service, no router. */

import type { BlueGreenStrategy } from '../../../crds/schema/blue-green.ts';
import { type Dialect, tidegateDialect } from '../../../crds/schema/dialect.ts';
import { liveActiveText } from '../blue-green-live.ts';
import type { RolloutEffect } from '../effects.ts';
import type { Observed, ServiceState } from '../observed.ts';
import { aService, type RolloutGiven } from './builders.ts';
import { World, type WorldOptions } from './world.ts';

export const active = 'web-active';
export const preview = 'web-preview';

export interface BlueGreenWorldOptions extends Omit<WorldOptions, 'rollout' | 'routed'> {
  readonly rollout?: RolloutGiven;
  readonly blueGreen?: Partial<BlueGreenStrategy>;
  /** False: no preview Service is named. */
  readonly shown?: boolean;
  readonly dialect?: Dialect;
}

export class BlueGreenWorld extends World {
  blueGreen: BlueGreenStrategy;
  readonly dialect: Dialect;

  constructor({
    blueGreen = {},
    shown = true,
    dialect = tidegateDialect,
    rollout = {},
    ...rest
  }: BlueGreenWorldOptions) {
    super({ ...rest, rollout, routed: false });
    this.dialect = dialect;
    this.blueGreen = { activeService: active, ...(shown ? { previewService: preview } : {}), ...blueGreen };
    this.services.set(active, undefined);
    if (shown) this.services.set(preview, undefined);
  }

  override observe(): Observed {
    const seen = super.observe();
    const spec = { ...seen.rollout.spec, strategy: { blueGreen: this.blueGreen } };
    return {
      ...seen,
      dialect: this.dialect,
      rollout: { ...seen.rollout, spec },
      traffic: undefined,
      stableService: this.stateOf(active),
      canaryService: this.stateOf(preview),
    };
  }

  override carries(observed: Observed, effect: Extract<RolloutEffect, { kind: 'Scale' }>): boolean {
    const service = this.stateOf(active);
    if (service === undefined) return true;
    const live = { ...service.view, spec: { selector: service.view.selector } };
    return liveActiveText(observed, live, effect.podHash) !== undefined;
  }

  private stateOf(name: string): ServiceState | undefined {
    return this.services.has(name) ? aService(name, this.services.get(name), this.endpoints(name)) : undefined;
  }

  /** Somebody else changes, or makes anew, the selector of a Service. */
  editService(name: string, podHash: string | undefined): void {
    this.services.set(name, podHash);
    this.settlePods();
    this.edited();
  }

  /** A new pod template. */
  release(version: number): void {
    this.image = `shop:${version}`;
    this.generation += 1;
  }

  /** Reasons told since the last call, repeated ones once. */
  told(): readonly string[] {
    const list = this.facts.filter((reason, index) => reason !== this.facts[index - 1]);
    this.facts.length = 0;
    return list;
  }
}
