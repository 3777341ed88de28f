import type { Knex } from 'knex';

/** What undoing a run needs: which comments came again, and the ids that were given, so that none is given twice. */
export const name = '0010_undo';

export async function up(knex: Knex): Promise<void> {
  // Comments that the registry had already. By the sender's key: patients may be joined and taken apart since.
  await knex.schema.createTable('comment_duplicates', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.integer('file_id').notNullable();
    table.integer('line').notNullable();
    table.text('site_id').notNullable();
    table.text('source_patient_id').notNullable();
    table.text('comment_code').notNullable();
    table.text('applies_on');
    table.index(['run_id'], 'comment_duplicates_by_run');
  });
  await knex.schema.alterTable('runs', (table) => {
    table.text('undone_at');
    // The highest ids when the run was undone: others may know them.
    table.integer('last_patient_id');
    table.integer('last_immunization_id');
    table.integer('last_review_id');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('comment_duplicates');
  for (const column of ['undone_at', 'last_patient_id', 'last_immunization_id', 'last_review_id']) {
    await knex.raw(`ALTER TABLE runs DROP COLUMN ${column}`);
  }
}
