/**
 * Files in which each line is a patient or a dose, and begins with a tag that says which: the doses that follow a patient
 * are that patient's. Lines may also be glued together, one behind the other, each in its whole width.
 */
import { checkFraming, MARK_PATTERN } from './framing.js';
import type { Role } from './model.js';
import {
  checkColumns,
  checkDivision,
  type DelimitedLayout,
  type FixedLayout,
  type Layout,
  type LayoutField,
  NEEDED_FIELDS,
  widthOf,
} from './spec.js';
import type { Checker, JsonObject } from './spec-checker.js';
import type { RuleNames } from './spec-rules.js';
import { SPEC_PROPERTIES } from './spec-words.js';

/** Lines of one role. */
export interface TaggedLine {
  /** What they begin with: the value of the first column (delimited), or the first characters (fixed). */
  readonly tag: string;
  /** The columns; the first has the tag and carries nothing. */
  readonly fields: readonly LayoutField[];
  /** As in a layout of its own. */
  readonly conditions?: Layout['conditions'];
  readonly notLoaded?: Layout['notLoaded'];
}

/** Lines that are known and not loaded. */
export interface OtherLine {
  readonly tag: string;
  /** How wide they are, where lines are glued together. */
  readonly width?: number;
}

/** What tagged layouts have beside the division of their lines. */
export interface TaggedLines {
  readonly patient: TaggedLine;
  readonly immunization: TaggedLine;
  readonly others?: readonly OtherLine[];
  /** Whether several of them stand on one line (fixed). */
  readonly glued?: boolean;
}

/** A tagged layout as JSON has it. */
export type TaggedLayout = (Omit<DelimitedLayout, OfFiles | OfLines> | Omit<FixedLayout, OfLines>) & TaggedLines;

/** Parts of a layout that tagged ones do not have, and those that each kind of line has of its own. */
export type OfFiles = 'header' | 'titleRows' | 'blanks' | 'retired';
export type OfLines = 'fields' | 'conditions' | 'notLoaded' | 'tag' | 'lines';

/** What is known of all lines of a tagged file; the views of both roles have the same. */
export interface LineTags {
  readonly patient: KnownLine;
  readonly immunization: KnownLine;
  readonly others: readonly KnownLine[];
  readonly glued: boolean;
}

/** How lines of a kind are known. */
export interface KnownLine {
  readonly tag: string;
  /** Their width (fixed). */
  readonly width: number;
}

/** The tags of a layout. */
export function tagsOf({ patient, immunization, others = [], glued = false }: TaggedLines): LineTags {
  const known = ({ tag, fields }: TaggedLine): KnownLine => ({ tag, width: widthOf(fields) });
  return {
    patient: known(patient),
    immunization: known(immunization),
    others: others.map(({ tag, width = 0 }) => ({ tag, width })),
    glued,
  };
}

/** The layout of one role, as if its lines had a file of their own. */
export function viewOf(layout: TaggedLayout, role: Role): unknown {
  const { patient, immunization, others, glued, ...division } = layout;
  const line = role === 'patient' ? patient : immunization;
  return { ...division, ...line, header: 'absent', lines: tagsOf(layout) };
}

/** Checks a tagged layout. */
export function checkTagged(layout: unknown, path: string, names: RuleNames, check: Checker): void {
  const example = 'Write {"format": "delimited", "patient": {"tag": "P", "fields": […]}, "immunization": {…}}.';
  if (!check.object(layout, path, example)) return;
  checkDivision(layout, path, check, {
    delimited: SPEC_PROPERTIES.taggedDelimited,
    fixed: SPEC_PROPERTIES.taggedFixed,
  });
  checkFraming(layout, 'tagged', path, check);
  const isFixed = layout['format'] === 'fixed';
  const tags = new Map<string, string>();
  const addTag = (line: JsonObject, at: string): void => checkTag(line, at, layout, tags, check);
  for (const role of ['patient', 'immunization'] as const) {
    const at = `${path}/${role}`;
    const line = layout[role];
    if (!check.object(line, at, 'Write {"tag": "P", "fields": [{"name": "Line", "field": null}, …]}.')) continue;
    check.keys(line, at, SPEC_PROPERTIES.line);
    addTag(line, at);
    // The patient of a dose is the one above it.
    const needed = NEEDED_FIELDS[role].filter((field) => role === 'patient' || field !== 'source_patient_id');
    checkColumns(line, at, { role, isFixed, needed }, names, check);
    checkFirstColumn(line, isFixed, at, check);
  }
  checkGlued(layout, isFixed, path, check);
  checkOthers(layout, `${path}/others`, addTag, check);
}

function checkTag(line: JsonObject, path: string, layout: JsonObject, tags: Map<string, string>, check: Checker): void {
  const { tag } = line;
  if (typeof tag !== 'string' || !new RegExp(MARK_PATTERN).test(tag)) {
    check.report(`${path}/tag`, 'not what a line can begin with', 'Give printable ASCII characters, such as P.');
    return;
  }
  if (typeof layout['delimiter'] === 'string' && tag.includes(layout['delimiter'])) {
    check.report(`${path}/tag`, 'holds the delimiter', 'Give the value of the first column alone.');
  }
  const marks = ['headerRecord', 'trailerRecord'].flatMap((name) => {
    const mark = layout[name] as JsonObject | null | undefined;
    return [mark?.['tag'], mark?.['prefix']];
  });
  const earlier = tags.get(tag) ?? ([layout['comments'], ...marks].includes(tag) ? 'that of other lines' : undefined);
  if (earlier !== undefined) {
    check.report(`${path}/tag`, `the same as ${earlier}`, 'Lines are told apart by how they begin.');
  }
  tags.set(tag, `${path}/tag`);
}

function checkFirstColumn({ tag, fields }: JsonObject, isFixed: boolean, path: string, check: Checker): void {
  if (!Array.isArray(fields) || typeof fields[0] !== 'object' || fields[0] === null) return;
  const { field, width } = fields[0] as JsonObject;
  const at = `${path}/fields/0`;
  if (field !== null) {
    const remedy = 'Begin with the column of the tag: {"name": "Line", "field": null}.';
    check.report(`${at}/field`, 'in the place of the tag', remedy);
  } else if (isFixed && typeof tag === 'string' && typeof width === 'number' && width < tag.length) {
    check.report(`${at}/width`, 'no room for the tag', 'The first column has the tag: let it be as wide.');
  }
}

function checkGlued({ glued }: JsonObject, isFixed: boolean, path: string, check: Checker): void {
  if (glued === undefined || !isFixed) return;
  if (typeof glued !== 'boolean') check.report(`${path}/glued`, 'not true or false', 'Use true or false.');
}

function checkOthers(
  { others, glued, format }: JsonObject,
  path: string,
  addTag: (line: JsonObject, at: string) => void,
  check: Checker,
): void {
  if (others === undefined) return;
  if (!Array.isArray(others)) {
    check.report(path, 'not a list', 'Write [{"tag": "C"}].');
    return;
  }
  others.forEach((other: unknown, index) => {
    const at = `${path}/${index}`;
    if (!check.object(other, at, 'Write {"tag": "C"}.')) return;
    check.keys(other, at, SPEC_PROPERTIES.otherLine);
    addTag(other, at);
    const { width } = other;
    const isNeeded = glued === true && format === 'fixed';
    if (width === undefined ? isNeeded : !(Number.isInteger(width) && Number(width) > 0)) {
      const message = width === undefined ? 'missing' : 'not a width';
      check.report(`${at}/width`, message, 'Give the width as a whole number above 0.');
    }
  });
}
