import type { Knex } from 'knex';

/** What became of each record of a file, so that of a corrected file only what differs is loaded. */
export const name = '0016_record_fates';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('record_fates', (table) => {
    table.integer('file_id').primary();
    // A digit for each record, deflated.
    table.binary('fates').notNullable();
  });
  await knex.schema.alterTable('runs', (table) => {
    // The run whose files this one has corrected: what it had loaded was left out.
    table.integer('previous_run_id');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('record_fates');
  await knex.raw('ALTER TABLE runs DROP COLUMN previous_run_id');
}
