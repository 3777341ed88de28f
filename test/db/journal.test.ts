/** The journal: it only grows, and whatever is done to its rows shows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendToJournal, checkJournal, readJournal, readJournalHead } from '../../src/db/journal.js';
import { firstRow } from '../../src/db/queries.js';
import type { Session } from '../../src/db/session.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';

const ACTIONS = ['load', 'undo', 'review', 'migrate', 'purge', 'take back'] as const;

/** Works with a journal of some entries, in a database of a kind. */
async function withJournal(
  kind: RegistryKind,
  entries: number,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  await using registry = await TestRegistry.create(kind);
  const session = await registry.openSession();
  try {
    // Without the entry that its migration has made.
    await force(session, 'DELETE FROM journal');
    await session.run("UPDATE journal_head SET entries = 0, hash = ''");
    for (let i = 0; i < entries; i++) {
      await appendToJournal(session, {
        at: `2026-11-22T10:00:${String(i).padStart(2, '0')}.000Z`,
        who: i % 2 === 0 ? 'ann' : 'bob',
        action: ACTIONS[i % ACTIONS.length]!,
        runId: i % 3 === 0 ? null : i,
        details: { records: i },
      });
    }
    await work(session);
  } finally {
    await session.close();
  }
}

const problemsOf = async (session: Session, known?: { entries: number; hash: string }): Promise<string[]> =>
  checkJournal(await readJournal(session), await readJournalHead(session), known);

/** What keeps the journal from being changed, by the database. */
const GUARDS: Readonly<Record<RegistryKind, { readonly off: readonly string[]; readonly on: readonly string[] }>> = {
  SQLite: {
    off: ['DROP TRIGGER journal_refuses_update', 'DROP TRIGGER journal_refuses_delete'],
    on: ['UPDATE', 'DELETE'].map(
      (change) =>
        `CREATE TRIGGER journal_refuses_${change.toLowerCase()} BEFORE ${change} ON journal BEGIN SELECT RAISE(ABORT, 'no'); END`,
    ),
  },
  PostgreSQL: {
    off: ['ALTER TABLE journal DISABLE TRIGGER journal_refuses_change'],
    on: ['ALTER TABLE journal ENABLE TRIGGER journal_refuses_change'],
  },
};

/** Changes the journal as someone does who can write to the database as they like. */
async function force(session: Session, sql: string, values: (string | number)[] = []): Promise<void> {
  const { off, on } = GUARDS[session.name.startsWith('postgres:') ? 'PostgreSQL' : 'SQLite'];
  for (const statement of [...off]) await session.run(statement);
  await session.run(sql, values);
  for (const statement of [...on]) await session.run(statement);
}

describe.each(KINDS)('the journal, in %s,', (kind) => {
  test('is whole as it was written', async () => {
    for (const entries of [0, 1, 9]) {
      await withJournal(kind, entries, async (session) => expect(await problemsOf(session)).toEqual([]));
    }
  });

  test.each(["UPDATE journal SET who = 'eve' WHERE id = 2", 'DELETE FROM journal WHERE id = 3'])(
    'refuses %s',
    async (sql) => {
      await withJournal(kind, 3, async (session) => {
        await expect(session.run(sql)).rejects.toThrow(/the database refused/);
        expect(await problemsOf(session)).toEqual([]);
      });
    },
  );

  test('shows a byte that was changed in any column of any entry', async () => {
    const columns = ['id', 'at', 'who', 'action', 'run_id', 'details', 'previous', 'hash'];
    await withJournal(kind, 8, async (session) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 8 }),
          fc.constantFrom(...columns),
          fc.nat(),
          fc.integer({ min: 1, max: 127 }),
          async (id, column, at, mask) => {
            const row = await firstRow(session, 'SELECT * FROM journal WHERE id = $1', [id]);
            const before = row![column]!;
            let after: string | number = Number(before) + 100 + mask;
            if (typeof before === 'string') {
              if (before === '') after = String.fromCharCode(mask);
              else {
                const place = at % before.length;
                const byte = String.fromCharCode(before.charCodeAt(place) ^ mask);
                after = before.slice(0, place) + byte + before.slice(place + 1);
              }
            }
            // PostgreSQL has no text with this character.
            fc.pre(!String(after).includes('\0'));
            await session.beginOne();
            await force(session, `UPDATE journal SET ${column} = $1 WHERE id = $2`, [after, id]);
            const problems = await problemsOf(session);
            await session.endOne(false);
            expect(problems).not.toEqual([]);
          },
        ),
        { numRuns: 400 },
      );
      expect(await problemsOf(session)).toEqual([]);
    });
  });

  test.each([1, 4, 8])('shows that entry %s is missing', async (id) => {
    await withJournal(kind, 8, async (session) => {
      await force(session, 'DELETE FROM journal WHERE id = $1', [id]);
      expect(await problemsOf(session)).not.toEqual([]);
    });
  });

  test('shows that two entries have changed places', async () => {
    await withJournal(kind, 5, async (session) => {
      await force(session, 'UPDATE journal SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE id IN (2, 3)');
      await force(session, 'UPDATE journal SET id = -id WHERE id < 0');
      expect(await problemsOf(session)).toEqual([
        'entry 2 was altered',
        'entry 3 was altered',
        'entry 4 does not follow the one before it',
      ]);
    });
  });

  test('that was made anew as a whole is told by a head that was kept elsewhere, and by nothing else', async () => {
    let known = { entries: 0, hash: '' };
    await withJournal(kind, 5, async (session) => {
      known = await readJournalHead(session);
    });
    await withJournal(kind, 4, async (session) => {
      expect(await problemsOf(session)).toEqual([]);
      expect(await problemsOf(session, known)).toEqual(['entry 5 is not the one whose hash was kept elsewhere']);
    });
    await withJournal(kind, 7, async (session) => expect(await problemsOf(session, known)).toEqual([]));
  });
});
