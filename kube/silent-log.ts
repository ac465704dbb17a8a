/**
 * A log that says nothing: for tests and for callers who have none.
 */

import type { Log } from './api.ts';

const nothing = (): void => undefined;

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
