import type { Knex } from 'knex';

/**
 * Keys of matching by weight, thousands in a row: a million patients have some fifteen million of them; and the thresholds that a
 * run was given, so that it can be matched anew when an earlier one is undone.
 */
export const name = '0013_match_key_packs';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('match_key_packs', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    // The pass that makes the keys.
    table.text('pass').notNullable();
    // Of the keys, which are whole numbers of 32 bits without a sign.
    table.bigInteger('first_key').notNullable();
    table.bigInteger('last_key').notNullable();
    // The keys in their order, and the patient of each: 32 bits a number, the lowest byte first.
    table.binary('keys').notNullable();
    table.binary('patient_ids').notNullable();
    table.index(['pass', 'first_key', 'last_key'], 'match_key_packs_by_key');
    table.index(['run_id'], 'match_key_packs_by_run');
  });
  await knex.schema.alterTable('runs', (table) => {
    // As JSON; those that the user did not name are not in it.
    table.text('given_thresholds');
  });
  // Patients of earlier runs get their packs when they are needed first.
  await knex('runs').where({ has_all_keys: 1 }).update({ has_all_keys: 0 });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('match_key_packs');
  await knex.raw('ALTER TABLE runs DROP COLUMN given_thresholds');
}
