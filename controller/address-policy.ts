/** Which addresses users may name, out of the settings. */

import type { AddressPolicy } from '../outbound/address-policy.ts';
import type { ControllerConfig } from './config.ts';

export function addressPolicy(
  config: Pick<ControllerConfig, 'allowAddress' | 'restrictPrivate' | 'refuseAddress'>,
): AddressPolicy {
  return { allow: config.allowAddress, restrictPrivate: config.restrictPrivate, apiServer: config.refuseAddress };
}
