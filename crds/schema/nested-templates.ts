/** Follows `spec.templates` of analysis templates: which templates an analysis is made of, what is missing, and what goes in circles. Pure. */

import type { AnyTemplate } from './merge-templates.ts';
import { objectText } from './problem.ts';
import type { TemplateReference } from './rollout-analysis.ts';

/** Finds a template by reference; undefined when it doesn't exist. */
export type FindTemplate = (reference: TemplateReference) => AnyTemplate | undefined;

/** A reference that leads nowhere: the place of the name, and the template that holds it (undefined: whoever asked). */
export interface MissingTemplate {
  readonly reference: TemplateReference;
  readonly index: number;
  readonly inside: AnyTemplate | undefined;
}

export interface ExpandedTemplates {
  /** Each template once however often it is named, a template before those that it names. */
  readonly templates: readonly AnyTemplate[];
  readonly missing: readonly MissingTemplate[];
  /** Each as the names on the way round, the first one again at the end. */
  readonly cycles: readonly (readonly string[])[];
}

/** More than anybody writes; keeps a generated mesh of templates from being walked for ever. */
const maxTemplates = 1000;

/** All templates that these references lead to. References without a name are left out, as in Argo Rollouts. */
export function expandTemplates(references: readonly TemplateReference[], find: FindTemplate): ExpandedTemplates {
  const walk: Walk = { find, templates: new Map(), missing: [], cycles: [] };
  visitAll(walk, references, undefined, []);
  return { templates: [...walk.templates.values()], missing: walk.missing, cycles: walk.cycles };
}

interface Walk {
  readonly find: FindTemplate;
  readonly templates: Map<string, AnyTemplate>;
  readonly missing: MissingTemplate[];
  readonly cycles: string[][];
}

function visitAll(
  walk: Walk,
  references: readonly TemplateReference[],
  inside: AnyTemplate | undefined,
  way: readonly string[],
): void {
  for (const [index, reference] of references.entries()) {
    if (!reference.templateName) continue;
    const template = walk.find(reference);
    if (template === undefined) walk.missing.push({ reference, index, inside });
    else visit(walk, template, way);
  }
}

function visit(walk: Walk, template: AnyTemplate, way: readonly string[]): void {
  const name = objectText(template);
  const seenAt = way.indexOf(name);
  if (seenAt >= 0) {
    walk.cycles.push([...way.slice(seenAt), name]);
    return;
  }
  if (walk.templates.has(name) || walk.templates.size >= maxTemplates) return;
  walk.templates.set(name, template);
  visitAll(walk, template.spec.templates ?? [], template, [...way, name]);
}
