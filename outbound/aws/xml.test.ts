import { describe, expect, it } from 'vitest';
import { members, parseXml, textAt } from './xml.ts';

describe('XML of an answer', () => {
  it('is elements and text, with entities, comments and attributes', () => {
    const root = parseXml(
      '<?xml version="1.0"?>\n<A xmlns="https://a/b"><!-- one --><List><member>1</member><member>a&amp;b&#x20;&lt;</member></List><Empty/></A>\n',
    );

    expect(members(root, 'List').map((one) => one.text)).toEqual(['1', 'a&b <']);
    expect(textAt(root, 'Empty')).toBe('');
    expect(textAt(root, 'None')).toBeUndefined();
  });

  it.each([
    ['an open element', '<A><B></A>'],
    ['two roots', '<A/><B/>'],
    ['text alone', 'hello'],
    ['a document type', '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'],
    ['an unknown entity', '<A>&x;</A>'],
    ['a bare ampersand', '<A>a & b</A>'],
    ['CDATA', '<A><![CDATA[x]]></A>'],
    ['a name that was never opened', '</A>'],
    ['too deep a nest', '<A>'.repeat(100) + '</A>'.repeat(100)],
    ['a web page', '<!doctype html><html><br></html>'],
  ])('is refused with %s', (_name, text) => {
    expect(parseXml(text)).toBeUndefined();
  });
});
