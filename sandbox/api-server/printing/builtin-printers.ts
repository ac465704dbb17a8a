/** The columns of the builtin kinds. */

import type { Printer } from '../served-kind.ts';
import { plainPrinter } from './plain-printer.ts';

export function builtinPrinter(_group: string, _kind: string): Printer {
  return plainPrinter;
}
