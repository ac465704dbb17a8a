/** Whether two write identities are the same change in other company: several changes of a status may go out as one write. */

/** Fields that go along with any change of a status. */
const company = /^status\.(?:\(counts\)|conditions|message|phase|waiting\b.*|observedGeneration|canary\.weights\b.*)$/;

/** True for the same verb and object where one change of the target that is its own, or any if none is, is in the write. */
export function isSameChange(target: string, write: string): boolean {
  const [wanted, made] = [partsOf(target), partsOf(write)];
  if (wanted.object !== made.object) return false;
  if (wanted.fields.length === 0) return made.fields.length === 0;
  const own = wanted.fields.filter((field) => !company.test(field));
  return (own.length > 0 ? own : wanted.fields).some((field) => made.fields.includes(field));
}

function partsOf(identity: string): { readonly object: string; readonly fields: readonly string[] } {
  const [, object = identity, fields = ''] = /^(.*?)(?: \[(.*)\])?$/.exec(identity) ?? [];
  return { object, fields: fields === '' ? [] : fields.split(' ') };
}
