import type { Knex } from 'knex';

/** Who did what to the registry: a table that only grows, each entry sealed with the hash of the one before. */
export const name = '0011_journal';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('journal', (table) => {
    table.integer('id').primary();
    table.text('at').notNullable();
    table.text('who').notNullable();
    table.text('action').notNullable();
    table.integer('run_id');
    // Counts and numbers as JSON; no value of a record.
    table.text('details').notNullable();
    table.text('previous').notNullable();
    table.text('hash').notNullable();
  });
  // A second place, so that entries missing at the end are seen.
  await knex.schema.createTable('journal_head', (table) => {
    table.integer('entries').notNullable();
    table.text('hash').notNullable();
  });
  await knex('journal_head').insert({ entries: 0, hash: '' });
  if (knex.client.dialect === 'postgresql') {
    await knex.raw(
      `CREATE FUNCTION journal_refuses_change() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the journal only grows'; END $$`,
    );
    await knex.raw(
      `CREATE TRIGGER journal_refuses_change BEFORE UPDATE OR DELETE ON journal
       FOR EACH ROW EXECUTE FUNCTION journal_refuses_change()`,
    );
    return;
  }
  for (const change of ['UPDATE', 'DELETE']) {
    await knex.raw(
      `CREATE TRIGGER journal_refuses_${change.toLowerCase()} BEFORE ${change} ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END`,
    );
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('journal_head');
  await knex.schema.dropTable('journal');
  if (knex.client.dialect === 'postgresql') await knex.raw('DROP FUNCTION journal_refuses_change()');
}
