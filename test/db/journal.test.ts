/** The journal: it only grows, and whatever is done to its rows shows. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendToJournal, checkJournal, readJournal, readJournalHead } from '../../src/db/journal.js';
import { migrateSqlite } from '../../src/db/migrate.js';
import { Sandbox } from '../support/sandbox.js';

const ACTIONS = ['load', 'undo', 'review', 'migrate', 'purge', 'take back'] as const;

/** Works with a journal of some entries. */
async function withJournal(entries: number, work: (database: Database.Database) => void): Promise<void> {
  using sandbox = new Sandbox();
  await migrateSqlite(sandbox.database);
  const database = new Database(sandbox.database);
  try {
    for (let i = 0; i < entries; i++) {
      appendToJournal(database, {
        at: `2026-11-22T10:00:${String(i).padStart(2, '0')}.000Z`,
        who: i % 2 === 0 ? 'ann' : 'bob',
        action: ACTIONS[i % ACTIONS.length]!,
        runId: i % 3 === 0 ? null : i,
        details: { records: i },
      });
    }
    work(database);
  } finally {
    database.close();
  }
}

const problemsOf = (database: Database.Database, known?: { entries: number; hash: string }): string[] =>
  checkJournal(readJournal(database), readJournalHead(database), known);

function force(database: Database.Database, sql: string, ...values: unknown[]): void {
  database.exec('DROP TRIGGER IF EXISTS journal_refuses_update; DROP TRIGGER IF EXISTS journal_refuses_delete');
  database.prepare(sql).run(...values);
}

describe('the journal', () => {
  test('is whole as it was written', async () => {
    for (const entries of [0, 1, 9]) {
      await withJournal(entries, (database) => expect(problemsOf(database)).toEqual([]));
    }
  });

  test.each(["UPDATE journal SET who = 'eve' WHERE id = 2", 'DELETE FROM journal WHERE id = 3'])(
    'refuses %s',
    async (sql) => {
      await withJournal(3, (database) => {
        expect(() => database.exec(sql)).toThrow('the journal only grows');
        expect(problemsOf(database)).toEqual([]);
      });
    },
  );

  test('shows a byte that was changed in any column of any entry', async () => {
    const columns = ['id', 'at', 'who', 'action', 'run_id', 'details', 'previous', 'hash'];
    await withJournal(8, (database) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 8 }),
          fc.constantFrom(...columns),
          fc.nat(),
          fc.integer({ min: 1, max: 127 }),
          (id, column, at, mask) => {
            const row = database.prepare('SELECT * FROM journal WHERE id = ?').get(id) as Record<
              string,
              string | number | null
            >;
            const before = row[column]!;
            let after: string | number = Number(before) + 100 + mask;
            if (typeof before === 'string') {
              if (before === '') after = String.fromCharCode(mask);
              else {
                const place = at % before.length;
                const byte = String.fromCharCode(before.charCodeAt(place) ^ mask);
                after = before.slice(0, place) + byte + before.slice(place + 1);
              }
            }
            database.exec('SAVEPOINT flip');
            force(database, `UPDATE journal SET ${column} = ? WHERE id = ?`, after, id);
            const problems = problemsOf(database);
            database.exec('ROLLBACK TO flip; RELEASE flip');
            expect(problems).not.toEqual([]);
          },
        ),
        { numRuns: 400 },
      );
      expect(problemsOf(database)).toEqual([]);
    });
  });

  test.each([1, 4, 8])('shows that entry %s is missing', async (id) => {
    await withJournal(8, (database) => {
      force(database, 'DELETE FROM journal WHERE id = ?', id);
      expect(problemsOf(database)).not.toEqual([]);
    });
  });

  test('shows that two entries have changed places', async () => {
    await withJournal(5, (database) => {
      force(database, 'UPDATE journal SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE id IN (2, 3)');
      force(database, 'UPDATE journal SET id = -id WHERE id < 0');
      expect(problemsOf(database)).toEqual([
        'entry 2 was altered',
        'entry 3 was altered',
        'entry 4 does not follow the one before it',
      ]);
    });
  });

  test('that was made anew as a whole is told by a head that was kept elsewhere, and by nothing else', async () => {
    let known = { entries: 0, hash: '' };
    await withJournal(5, (database) => {
      known = { ...readJournalHead(database) };
    });
    await withJournal(4, (database) => {
      expect(problemsOf(database)).toEqual([]);
      expect(problemsOf(database, known)).toEqual(['entry 5 is not the one whose hash was kept elsewhere']);
    });
    await withJournal(7, (database) => expect(problemsOf(database, known)).toEqual([]));
  });
});
