/** The columns of a custom resource: name, then additionalPrinterColumns or the age. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Printer } from '../served-kind.ts';
import { plainPrinter } from './plain-printer.ts';

export function customPrinter(_version: JsonObject): Printer {
  return plainPrinter;
}
