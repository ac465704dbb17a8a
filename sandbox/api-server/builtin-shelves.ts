/** Where builtin kinds that the server itself looks into are stored, and how messages name them. */

function shelf(
  group: string,
  plural: string,
): { readonly group: string; readonly plural: string; readonly shelf: string } {
  return { group, plural, shelf: shelfName(group, plural) };
}

/** One shelf holds all served versions of a kind. */
export function shelfName(group: string, plural: string): string {
  return `${plural}.${group}`;
}

export const namespaces = shelf('', 'namespaces');
export const pods = shelf('', 'pods');
export const nodes = shelf('', 'nodes');
export const services = shelf('', 'services');
export const serviceAccounts = shelf('', 'serviceaccounts');
export const disruptionBudgets = shelf('policy', 'poddisruptionbudgets');
export const customResourceDefinitions = shelf('apiextensions.k8s.io', 'customresourcedefinitions');
