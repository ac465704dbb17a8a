/** AWS's names as this product takes them from people: regions, roles and profiles, and the host of a service in a region. */

const regionPattern = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;
const rolePattern = /^arn:aws(?:-[a-z]{2,8}){0,2}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const profilePattern = /^[\w.@:+-]{1,128}$/;

export function isRegion(text: string): boolean {
  return regionPattern.test(text);
}

export function isRoleArn(text: string): boolean {
  return rolePattern.test(text);
}

export function isProfile(text: string): boolean {
  return profilePattern.test(text);
}

/** Partitions other than the public one, by the beginning of their regions. */
const suffixes: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eusc-', 'amazonaws.eu'],
];

/** The host of a service by the first label of its name, such as `monitoring`. `region` must be a region. */
export function serviceHost(label: string, region: string): string {
  const suffix = suffixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
  return `${label}.${region}.${suffix}`;
}

const hostPattern =
  /^(?:[a-z0-9-]+\.)*?([a-z0-9-]+)\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;
const signingNames: Readonly<Record<string, string>> = { 'aps-workspaces': 'aps' };

/** Service (by its signing name) and region of a host of AWS; undefined for every other host. */
export function awsHost(host: string): { readonly service: string; readonly region: string } | undefined {
  const [, label, region] = hostPattern.exec(host) ?? [];
  if (label === undefined || region === undefined || !isRegion(region)) return undefined;
  return { service: signingNames[label] ?? label, region };
}
