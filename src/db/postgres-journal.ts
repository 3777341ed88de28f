/** The journal of a PostgreSQL registry: `journal.ts` says what its entries are. */
import { type JournalHead, type JournalNote, sealEntry } from './journal.js';
import type { PgQueries } from './postgres-session.js';

/** Adds an entry. Ask within the transaction that does what it tells. */
export async function appendToJournal(queries: PgQueries, note: JournalNote): Promise<void> {
  // Whoever adds an entry keeps the others out until it is committed: it follows on theirs.
  const [head] = await queries.rows<JournalHead>('SELECT entries, hash FROM journal_head FOR UPDATE');
  const { id, at, who, action, runId, details, previous, hash } = sealEntry(note, head!);
  await queries.run(
    `INSERT INTO journal (id, at, who, action, run_id, details, previous, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, at, who, action, runId, details, previous, hash],
  );
  await queries.run('UPDATE journal_head SET entries = $1, hash = $2', [id, hash]);
}
