import type { Knex } from 'knex';

/** The certificate of each run and where its report is: what can be verified, and what can be removed. */
export const name = '0014_run_reports';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('run_reports', (table) => {
    table.integer('run_id').primary();
    // The machine and the folder, by its whole path.
    table.text('host').notNullable();
    table.text('folder').notNullable();
    // The text of certificate.json, and its digest, which the journal has as well.
    table.text('certificate').notNullable();
    table.text('digest').notNullable();
    table.text('purged_at');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('run_reports');
}
