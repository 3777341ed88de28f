/** The reader of CDC’s XML knows two shapes and refuses everything else. */
import { describe, expect, test } from 'vitest';
import { CdcFault } from '../../../src/core/cdc/problem.js';
import { readXmlRecords } from '../../../src/core/cdc/xml.js';

const list = (...records: string[]): string =>
  `<?xml version="1.0" encoding="ISO-8859-1"?>\n<L>\n${records.join('\n')}\n</L>\n`;
const fieldsOf = (xml: string): (readonly [string, string])[][] =>
  readXmlRecords(xml).map(({ fields }) => fields.map(({ name, text }) => [name, text] as const));

describe('a record is read', () => {
  test.each<[string, string, (readonly [string, string])[]]>([
    ['from named elements', '<R><A>1</A><B>2</B></R>', [['A', '1'], ['B', '2']]],
    ['from pairs', '<R><Name>CVX Code</Name><Value>03</Value><Name>Note</Name><Value/></R>', [['CVX Code', '03'], ['Note', '']]],
    ['with empty elements', '<R><A/><B></B><C /></R>', [['A', ''], ['B', ''], ['C', '']]],
    ['with the five entities', '<R><A>&lt;&gt;&amp;&quot;&apos;</A></R>', [['A', '<>&"\'']]],
    ['with numbers of characters', '<R><A>&#954;&#x3BA;&#x1F489;</A></R>', [['A', 'κκ💉']]],
    ['without expanding anything twice', '<R><A>&amp;amp;&amp;#954;</A></R>', [['A', '&amp;&#954;']]],
    ['with text that is not read', '<R><A><![CDATA[a < b & c]]></A></R>', [['A', 'a < b & c']]],
    ['with comments', '<!-- x --><R><!-- <A>0</A> --><A>1<!-- y -->2</A></R>', [['A', '12']]],
    ['with attributes, which say nothing', '<R id="1" x:y=\'2\'><A nil = "true">1</A></R>', [['A', '1']]],
    ['with one that is called Name only', '<R><Name>1</Name><B>2</B></R>', [['Name', '1'], ['B', '2']]],
  ])('%s', (_, record, expected) => {
    expect(fieldsOf(list(record))).toEqual([expected]);
  }); // biome-ignore format: a table

  test('with the line that it begins on', () => {
    expect(
      readXmlRecords(list('<R><A>1</A></R>', '<R>', '<A>2</A></R>', '<R><A>3</A></R>')).map(({ line }) => line),
    ).toEqual([3, 4, 6]);
  });

  test('in a list without a declaration, or without records', () => {
    expect(fieldsOf('<L><R><A>1</A></R></L>')).toEqual([[['A', '1']]]);
    expect(fieldsOf('<L/>')).toEqual([]);
    expect(fieldsOf('<L></L>')).toEqual([]);
  });
});

describe('refused with its line is', () => {
  test.each<[string, string, number, string]>([
    ['a document type', '<!DOCTYPE L>\n<L/>', 1, 'a document type or an entity is declared'],
    ['a document type with entities', '<?xml version="1.0"?>\n<!DOCTYPE L [<!ENTITY a "x">]>\n<L><R><A>&a;</A></R></L>', 2, 'a document type or an entity is declared'],
    ['a document type behind a comment', '<!-- x -->\n<!doctype L SYSTEM "file:///etc/passwd">\n<L/>', 2, 'a document type or an entity is declared'],
    ['an entity of somebody’s own', list('<R><A>&xxe;</A></R>'), 3, 'an entity or a lone & that XML does not know by itself'],
    ['an entity of HTML', list('<R><A>a&nbsp;b</A></R>'), 3, 'an entity or a lone & that XML does not know by itself'],
    ['a lone ampersand', list('<R><A>J & J</A></R>'), 3, 'an entity or a lone & that XML does not know by itself'],
    ['a character that XML does not allow', list('<R><A>&#0;</A></R>'), 3, 'an entity or a lone & that XML does not know by itself'],
    ['half a surrogate pair', list('<R><A>&#xD800;</A></R>'), 3, 'an entity or a lone & that XML does not know by itself'],
    ['a fourth level', list('<R><A><B>1</B></A></R>'), 3, '<A> holds more than text'],
    ['a bomb of levels', list('<R>'.repeat(100_000)), 3, '<R> holds more than text'],
    ['text between records', list('<R><A>1</A></R> and'), 3, 'not a record'],
    ['text between values', list('<R>x<A>1</A></R>'), 3, 'not a value of the record'],
    ['an element that is not closed', '<L>\n<R><A>1', 2, '<A> is not closed'],
    ['a record that is not closed', '<L>\n<R><A>1</A>\n', 3, 'the file ends too early'],
    ['a list that is not closed', '<L>\n<R><A>1</A></R>\n', 3, 'the file ends too early'],
    ['an element that is closed as another', list('<R><A>1</B></R>'), 3, '<A> is closed as </B>'],
    ['a record that is closed as another', list('<R><A>1</A></L>'), 3, '<R> is closed as </L>'],
    ['two lists', '<L/>\n<L/>', 2, 'something behind the end of the list'],
    ['text behind the list', '<L/>\nmore', 2, 'something behind the end of the list'],
    ['a name without a value', list('<R><Name>A</Name><Name>B</Name><Value>1</Value></R>'), 3, 'Name and Value do not come by turns'],
    ['a value without a name', list('<R><Name>A</Name></R>'), 3, 'Name and Value do not come by turns'],
    ['a tag that is none', list('<R><1>1</1></R>'), 3, 'not a value of the record'],
    ['a comment that does not end', '<L>\n<!-- <R>', 2, 'not a record'],
    ['nothing', '', 1, 'the file ends too early'],
  ])('%s', (_, xml, line, message) => {
    expect(() => readXmlRecords(xml)).toThrow(CdcFault);
    try {
      readXmlRecords(xml);
    } catch (error) {
      expect((error as CdcFault).problem).toEqual({ line, message, remedy: 'Give the XML as CDC offers it for download.' });
    }
  }); // biome-ignore format: a table
});

// A pattern that tries everything twice would take hours, and the test its time.
test('megabytes of what looks like something are refused', () => {
  for (const part of ['<R a="1" ', '<!--', '&amp', '&', '<![CDATA[', '<R>', ' ', '<Name>', '</R']) {
    for (const xml of [`<L>${part.repeat(300_000)}`, `<L><R><A>${part.repeat(300_000)}`]) {
      expect(() => readXmlRecords(xml)).toThrow(CdcFault);
    }
  }
});
