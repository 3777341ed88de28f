/** The journal of a registry: who did what and when, each entry sealed with the hash of the one before. No value of a record. */
import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import { FATES, type Fate } from '../core/model.js';
import { firstRow, insertRow, type Queries } from './queries.js';
import type { FileResult, RunReport } from './store.js';

export type JournalAction = 'migrate' | 'load' | 'take back' | 'undo' | 'review' | 'purge';

/** What is written down. */
export interface JournalNote {
  /** ISO 8601. */
  readonly at: string;
  readonly who: string;
  readonly action: JournalAction;
  /** `null` where it is about no run. */
  readonly runId: number | null;
  /** Counts and numbers. */
  readonly details: Readonly<Record<string, number | string | readonly string[]>>;
}

/** An entry as it is stored: `details` is JSON. */
export interface JournalEntry {
  /** From 1, without a gap. */
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly runId: number | null;
  readonly details: string;
  /** The hash of the entry before, empty for the first. */
  readonly previous: string;
  readonly hash: string;
}

/** How many entries there are, and the hash of the last: kept apart from them. */
export interface JournalHead {
  readonly entries: number;
  readonly hash: string;
}

/** Who runs the program, by the name that the system has for them. */
export function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that nobody has given a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The entry that follows on others, sealed. */
function sealEntry(note: JournalNote, { entries, hash: previous }: JournalHead): JournalEntry {
  const { at, who, action, runId } = note;
  const entry = { id: entries + 1, at, who, action, runId, details: JSON.stringify(note.details), previous };
  return { ...entry, hash: hashOf(entry) };
}

/** Adds an entry, which is on the disk with the transaction that does what it tells. Ask within that. */
export async function appendToJournal(queries: Queries, note: JournalNote): Promise<void> {
  await queries.makeDurable();
  // Whoever adds an entry keeps the others out until it is committed: it follows on theirs.
  const { runId, ...entry } = sealEntry(note, await readJournalHead(queries, ' FOR UPDATE'));
  await insertRow(queries, 'journal', { ...entry, run_id: runId });
  await queries.run('UPDATE journal_head SET entries = $1, hash = $2', [entry.id, entry.hash]);
}

/** What a completed load leaves in the journal: how many files and records there were, their fates, and its certificate. */
export function noteOfLoad(
  runId: number,
  at: string,
  files: readonly FileResult[],
  report: RunReport | null,
): JournalNote {
  const totals = FATES.map((fate) => [fate, files.reduce((sum, file) => sum + file.fates[fate], 0)]);
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const details = {
    files: files.length,
    records,
    ...(Object.fromEntries(totals) as Record<Fate, number>),
    ...(report !== null && { certificate: report.digest }),
  };
  return { at, who: systemUser(), action: 'load', runId, details };
}

/** What taking a run back leaves in the journal. */
export function noteOfTakingBack(runId: number, at: string, who = systemUser()): JournalNote {
  return { at, who, action: 'take back', runId, details: {} };
}

/** What bringing a registry to a newer schema leaves in the journal. */
export function noteOfMigration(applied: readonly string[]): JournalNote {
  return { at: new Date().toISOString(), who: systemUser(), action: 'migrate', runId: null, details: { applied } };
}

/** All entries, the first first. */
export async function readJournal(queries: Queries): Promise<JournalEntry[]> {
  return queries.rows(
    'SELECT id, at, who, action, run_id AS "runId", details, previous, hash FROM journal ORDER BY id',
  );
}

export async function readJournalHead(queries: Queries, lock = ''): Promise<JournalHead> {
  const head = await firstRow<JournalHead>(queries, `SELECT entries, hash FROM journal_head${lock}`);
  return head ?? { entries: 0, hash: '' };
}

function hashOf(entry: Omit<JournalEntry, 'hash'>): string {
  const { previous, id, at, who, action, runId, details } = entry;
  return createHash('sha256')
    .update(JSON.stringify([previous, id, at, who, action, runId, details]))
    .digest('hex');
}

/**
 * What is wrong with a journal, in words; nothing if each entry is as it was written, in its place. Someone who can write to
 * the database and makes the whole chain anew, with its head, is found only by a head that was kept elsewhere: `known`.
 */
export function checkJournal(
  entries: readonly JournalEntry[],
  head: JournalHead,
  known: JournalHead | null = null,
): string[] {
  const problems: string[] = [];
  let previous = '';
  entries.forEach((entry, i) => {
    if (entry.id !== i + 1) problems.push(`entry ${i + 1} is missing or out of its place: ${entry.id} stands there`);
    else if (entry.hash !== hashOf(entry)) problems.push(`entry ${entry.id} was altered`);
    else if (entry.previous !== previous) problems.push(`entry ${entry.id} does not follow the one before it`);
    previous = entry.hash;
  });
  if (head.entries !== entries.length || head.hash !== previous) {
    problems.push(`${entries.length} entries are there, and its head tells of ${head.entries} or of another last one`);
  }
  if (known !== null && (known.entries > entries.length || (entries[known.entries - 1]?.hash ?? '') !== known.hash)) {
    problems.push(`entry ${known.entries} is not the one whose hash was kept elsewhere`);
  }
  return problems;
}
