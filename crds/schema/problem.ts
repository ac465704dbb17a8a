/** What is wrong with an object, in a form that status, event and CLI all show. */

/** `field` is a dotted path such as `spec.strategy.canary.steps[2].setWeight`. `message` is one whole sentence. */
export interface Problem {
  readonly field: string;
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
  readonly message: string;
}

/** The parts of a problem; `object` is e.g. `Rollout shop/web`. */
export interface ProblemParts {
  readonly object: string;
  readonly field: string;
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
}

/** Builds the one sentence: which object, which field, what was found, what is allowed, what to do. */
export function problem(parts: ProblemParts): Problem {
  const { object, field, found, allowed, remedy } = parts;
  return { field, found, allowed, remedy, message: `${object}: ${field} is ${found}, but ${allowed}: ${remedy}.` };
}

/** `Kind namespace/name` of an object, for sentences. */
export function objectText(object: {
  kind: string;
  metadata: { name: string; namespace?: string | undefined };
}): string {
  const { name, namespace } = object.metadata;
  return `${object.kind} ${namespace ? `${namespace}/` : ''}${name}`;
}

/** Builds problems of one object: where, what was found, what is allowed (a clause), what to do (an imperative). */
export type Report = (field: string, found: string, allowed: string, remedy: string) => Problem;

/** A reporter for the object that sentences begin with, e.g. `Rollout shop/web`. */
export function reporter(object: string): Report {
  return (field, found, allowed, remedy) => problem({ object, field, found, allowed, remedy });
}

/** A value as it stands in a sentence: quoted text, plain number, `unset`. */
export function valueText(value: string | number | boolean | undefined): string {
  if (value === undefined) return 'unset';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
