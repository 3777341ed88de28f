import type { Knex } from 'knex';

/** Which of the records that a dose is made of each duplicate says the same as, so that doses can be put together anew. */
export const name = '0005_dose_records';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('immunization_duplicates', (table) => {
    // Counts the rows of `immunization_parts` of the dose, from 0: the record that made it.
    table.integer('part').notNullable().defaultTo(0);
    table.index(['immunization_id'], 'immunization_duplicates_by_dose');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX immunization_duplicates_by_dose');
  await knex.raw('ALTER TABLE immunization_duplicates DROP COLUMN part');
}
