/** `immload journal`: who did what to a registry, and whether that is still as it was written. */
import { checkJournal, type JournalHead } from '../db/journal.js';
import { ExitCode, UsageError } from './exit.js';
import { count, print, printJson } from './print.js';
import { formatTable, showSafely } from './table.js';
import { withStore } from './why.js';

/** `immload journal list` */
export async function listJournal(database: string, json: boolean): Promise<void> {
  const { entries } = await withStore(database, async (store) => store.readJournal());
  if (json) return printJson(entries.map((entry) => ({ ...entry, details: JSON.parse(entry.details) as unknown })));
  if (entries.length === 0) return print('The journal is empty.');
  const rows = entries.map(({ id, at, who, action, runId, details }) => {
    const run = runId === null ? '' : String(runId);
    return [String(id), at.slice(0, 19).replace('T', ' '), showSafely(who), action, run, showSafely(details)];
  });
  print(
    formatTable(
      [['entry', 'when (UTC)', 'who', 'what', 'run', 'details'], ...rows],
      ['right', 'left', 'left', 'left', 'right', 'left'],
    ),
  );
}

/** `immload journal verify` */
export async function verifyJournal(database: string, known: string | undefined): Promise<number> {
  const { entries, head } = await withStore(database, async (store) => store.readJournal());
  const problems = checkJournal(entries, head, known === undefined ? null : readHead(known));
  if (problems.length === 0) {
    print(`The journal is whole: ${count(entries.length, 'entry', 'entries')}, head ${head.entries}:${head.hash}`);
    return ExitCode.success;
  }
  print(['The journal was changed:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  return ExitCode.failure;
}

function readHead(text: string): JournalHead {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new UsageError('--head: give a head as `journal verify` prints it, such as 12:3f…');
  return { entries: Number(match[1]), hash: match[2]! };
}
