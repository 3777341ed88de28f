import type { Knex } from 'knex';

/** Comments on patients: refusals, contraindications, histories of disease, by the code of the registry that asks for them. */
export const name = '0004_patient_comments';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('patient_comments', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.integer('file_id').notNullable();
    table.integer('line').notNullable();
    table.integer('patient_id').notNullable();
    table.text('site_id').notNullable();
    table.text('comment_code').notNullable();
    // The day from which it applies, null where that is not known.
    table.text('applies_on');
    table.index(['patient_id'], 'patient_comments_by_patient');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('patient_comments');
}
