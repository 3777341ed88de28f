import type { Knex } from 'knex';

/** The code tables that runs have used, each once: by them an old submission can be judged again as it was then. */
export const name = '0002_code_tables';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('code_tables', (table) => {
    table.increments('id');
    table.text('table_id').notNullable();
    table.text('as_of').notNullable();
    table.text('sha256').notNullable().unique();
    // The table as JSON, packed with gzip.
    table.binary('content').notNullable();
  });

  await knex.schema.createTable('run_code_tables', (table) => {
    table.integer('run_id').notNullable();
    table.integer('code_table_id').notNullable();
    table.index(['run_id'], 'run_code_tables_by_run');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('run_code_tables');
  await knex.schema.dropTable('code_tables');
}
