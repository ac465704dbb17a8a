/** Walking the tree of lezer-promql. */

import type { SyntaxNode } from '@lezer/common';
import { badQuery, notServed } from './problem.ts';

export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') children.push(child);
  }
  return children;
}

export function textOf(node: SyntaxNode | null | undefined, query: string): string {
  return node === null || node === undefined ? '' : query.slice(node.from, node.to);
}

export function required(node: SyntaxNode | undefined): SyntaxNode {
  if (node === undefined) throw badQuery('unexpected end of input');
  return node;
}

export function groupingLabels(grouping: SyntaxNode, query: string): readonly string[] {
  return childrenOf(grouping).map((one) => {
    if (one.name !== 'LabelName') throw notServed(`the quoted label name ${textOf(one, query)}`);
    return textOf(one, query);
  });
}
