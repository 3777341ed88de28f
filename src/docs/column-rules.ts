/** The rules of columns in a person's words: what each asks, when, and what a breach is called. */
import { ISSUE_CODES, type IssueCode } from '../core/catalogue.js';
import type { Codes } from '../core/codes.js';
import { type ColumnRule, kindOf, type RuleKind } from '../core/column-rule.js';
import { type FileLayout, fileLayoutsOf } from '../core/file-layouts.js';
import { codesOfRule, documentCodeOf } from '../core/rules/columns.js';
import { describeWhen } from '../core/rules/conditions.js';
import { type Layout, type LayoutField, type Spec, severityOf } from '../core/spec.js';
import { type Block, code, heading, type Inline, joined, paragraph, table } from './document.js';

const AS_TEXT = ', compared as text where it is no date';

/** What a rule asks of a value, as the rest of a sentence that begins with "it". */
const ASKS: Readonly<Record<RuleKind, (rule: ColumnRule) => readonly Inline[]>> = {
  required: () => ['has a value'],
  notToSend: () => ['is blank'],
  fixed: ({ fixed }) => ['is ', code(fixed!)],
  pattern: ({ pattern }) => ['is of the form ', code(pattern!)],
  set: ({ set }) => ['is one of the set ', code(set!)],
  longest: ({ longest }) => [`has ${longest} characters at most`],
  dates: ({ dates }) => ['is a date: ', ...joined((dates ?? []).map(code), ' or ')],
  needs: ({ needs }) => ['has a value only where ', code(needs!), ' has one'],
  notAfter: ({ notAfter, evenBlank = false, asText = false }) => [
    'is not later than ',
    code(notAfter!),
    ...(evenBlank ? [', and neither is blank'] : []),
    ...(asText ? [AS_TEXT] : []),
  ],
  notInFuture: ({ asText = false }) => ['is not later than the day of the load', ...(asText ? [AS_TEXT] : [])],
  prefixes: ({ prefixes, of, unlisted = 'right' }) => [
    'begins as ',
    code(prefixes!),
    ' says for ',
    code(of!),
    ...(unlisted === 'wrong' ? [', which must be listed'] : []),
  ],
  unique: ({ evenBlank = false }) => [
    'stands in one record of the file only',
    ...(evenBlank ? [', blank or not'] : []),
  ],
};

/** The set that the values of a column are of in every record, `null` if there is none. */
export function describeSet({ rules = [] }: LayoutField): readonly Inline[] | null {
  const always = rules.find(({ set, when }) => set !== undefined && when === undefined);
  return always === undefined ? null : ['Set ', code(always.set!)];
}

/** What a rule asks, for a document. */
export function describeRule(rule: ColumnRule): readonly Inline[] {
  return ASKS[kindOf(rule)](rule);
}

/** The same as plain text. */
export function nameRule(rule: ColumnRule): string {
  return describeRule(rule)
    .map((inline) => (typeof inline === 'string' ? inline : 'code' in inline ? inline.code : ''))
    .join('');
}

/** When a rule is asked, in words; `null` if always. */
export function nameOccasion(rule: ColumnRule, layout: Layout): string | null {
  return rule.when === undefined ? null : describeWhen(rule.when, layout.conditions ?? {});
}

/** What a layout asks of its columns, as a chapter; nothing where it asks nothing. */
export function columnRulesSection({ layout }: FileLayout, spec: Spec): Block[] {
  const rows = layout.fields.flatMap((column) =>
    (column.rules ?? []).flatMap((rule) =>
      codesOfRule(rule)
        .filter((each) => severityOf(each, spec) !== 'off')
        .map((each) => [
          code(column.name),
          describeRule(rule),
          nameOccasion(rule, layout) ?? 'always',
          [code(each), ` (${severityOf(each, spec)})`],
          documentCodeOf(rule, each, spec) ?? '',
        ]),
    ),
  );
  const notLoaded: Block[] =
    layout.notLoaded === undefined
      ? []
      : [
          paragraph(
            `Records where ${describeWhen(layout.notLoaded, layout.conditions ?? {})} are judged by these rules only, and not loaded.`,
          ),
        ];
  if (rows.length === 0) return notLoaded;
  const blanks =
    layout.format === 'delimited' && layout.blanks === 'kept'
      ? 'Values are judged as they are written, with the blanks around them.'
      : 'Values are judged as they are written, without the blanks around them.';
  return [
    heading(3, 'What is asked of the columns'),
    paragraph(`${blanks} Case does not matter, but in forms.`),
    table(['Column', 'What must be true: it', 'Where', 'Code', 'In the document'], rows),
    ...notLoaded,
  ];
}

/** The sets and beginnings that the rules of columns name. */
export function valueSetsSection(spec: Spec, codes: Codes): Block[] {
  const rules = fileLayoutsOf(spec).flatMap(({ layout }) => layout.fields.flatMap((column) => column.rules ?? []));
  const sets = Object.entries(spec.sets).filter(([name]) => rules.some(({ set }) => set === name));
  const prefixes = Object.entries(spec.prefixes).filter(([name]) => rules.some((rule) => rule.prefixes === name));
  const rows = sets.map(([name, set]) => {
    if (!('table' in set)) return [code(name), joined(set.map(code), ' ')];
    const count = codes.table(set.table).rows.length;
    return [
      code(name),
      [`${count} codes of the table `, code(set.table), ': ', code(`immload codes show ${set.table}`)],
    ];
  });
  return [
    ...(rows.length > 0 ? [heading(2, 'Sets of values'), table(['Set', 'Values'], rows)] : []),
    ...prefixes.flatMap(([name, beginnings]): Block[] => [
      heading(3, `Beginnings: ${name}`),
      table(
        ['Where the other is', 'It begins with'],
        Object.entries(beginnings).map(([value, each]) => [
          code(value),
          each.length === 0 ? 'nothing: no value is right' : joined(each.map(beginning), ', '),
        ]),
      ),
    ]),
  ];
}

function beginning(prefix: string): Inline {
  return prefix === '' ? 'anything' : code(prefix);
}

/** What an issue code stands for in a spec's document: the code, and the columns whose rules are told under it. */
export interface CodeInDocument {
  readonly code: IssueCode;
  /** None where it is about a record or a file. */
  readonly columns: readonly string[];
}

/** The issue codes under which a spec tells what its document calls by this code, in capitals or not. */
export function findInDocument(documentCode: string, spec: Spec): readonly CodeInDocument[] {
  const wanted = documentCode.toUpperCase();
  const found = new Map<IssueCode, Set<string>>();
  for (const code of ISSUE_CODES) if (spec.codes[code]?.toUpperCase() === wanted) found.set(code, new Set());
  for (const { layout } of fileLayoutsOf(spec)) {
    for (const { name, rules = [] } of layout.fields) {
      for (const rule of rules) {
        for (const code of codesOfRule(rule)) {
          if (documentCodeOf(rule, code, spec)?.toUpperCase() !== wanted) continue;
          found.set(code, (found.get(code) ?? new Set()).add(name));
        }
      }
    }
  }
  return [...found].map(([code, columns]) => ({ code, columns: [...columns] }));
}
