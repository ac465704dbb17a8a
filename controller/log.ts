/** pino behind the product's own `Log`: JSON lines on stderr, errors with their message only, secrets redacted by key. */

import { type Logger, pino } from 'pino';
import type { Log } from '../kube/api.ts';

const secretKeys = ['token', 'password', 'privateKey', 'authorization', 'credentials', 'secret'];

/** Lines carry `time`, `level`, `msg` and the fields given. */
export function controllerLog(level: string, room: string): Log {
  return adapt(rootLogger(level).child({ room }));
}

let shared: Logger | undefined;

function rootLogger(level: string): Logger {
  shared ??= pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
      serializers: { error: sayError, cause: sayError },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return shared;
}

function sayError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { message: error.message, stack: error.stack };
}

function adapt(logger: Logger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
