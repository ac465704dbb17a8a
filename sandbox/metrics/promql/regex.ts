/** Regular expressions of matchers and label_replace: RE2's syntax on JavaScript's engine, as far as the two agree. */

import { badQuery } from './problem.ts';

/** Matches whole texts. What RE2 refuses (look-around, back references) is refused here too. */
export function wholeTextPattern(source: string): RegExp {
  const refused = /\(\?[=!]|\(\?<[=!]|(?<!\\)(?:\\\\)*\\[1-9]/.exec(source);
  if (refused !== null) throw badQuery(`error parsing regexp: invalid or unsupported Perl syntax: \`${refused[0]}\``);
  const flags = /^\(\?([is]+)\)/.exec(source);
  const rest = flags === null ? source : source.slice(flags[0].length);
  try {
    return new RegExp(`^(?:${rest.replaceAll('(?P<', '(?<')})$`, flags?.[1] ?? '');
  } catch (error) {
    throw badQuery(`error parsing regexp: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Puts groups into a template: $1, ${1}, $name, ${name}, $$. Groups that don't exist are empty. */
export function expandTemplate(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(\$|\w+|\{\w+\})/g, (_, reference: string) => {
    if (reference === '$') return '$';
    const name = reference.replace(/[{}]/g, '');
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}
