/** The one exception of this process: a call that can't go on, thrown where it is noticed and turned into the contract's fault at the door. */
import type { Fault, FaultKind } from './contract.ts';

export class SourceFault extends Error {
  readonly fault: Fault;
  /** The repository's cache may be damaged: making it anew may help. */
  readonly suspectsCache: boolean;

  constructor(kind: FaultKind, message: string, options: { readonly suspectsCache?: boolean } = {}) {
    super(message);
    this.name = 'SourceFault';
    this.fault = { kind, message };
    this.suspectsCache = options.suspectsCache ?? false;
  }
}
