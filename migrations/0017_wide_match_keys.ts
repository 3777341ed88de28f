import type { Knex } from 'knex';

/**
 * Keys that many patients have in common are kept, too, and the birth date beside each: only who shares a part of it is looked
 * at. Without them a load found within a file who it did not find in the registry.
 */
export const name = '0017_wide_match_keys';

/** Patients get their packs anew when they are needed first. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('match_key_packs', (table) => {
    // As whole numbers yyyymmdd, in the form of the keys; null of a pass that does not ask for it.
    table.binary('births');
  });
  await knex('runs').where({ has_all_keys: 1 }).update({ has_all_keys: 0 });
}

/** An earlier program makes its own keys in the same way. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE match_key_packs DROP COLUMN births');
  await knex('runs').where({ has_all_keys: 1 }).update({ has_all_keys: 0 });
}
