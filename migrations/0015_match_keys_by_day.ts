import type { Knex } from 'knex';

/**
 * Keys of the whole name have month and day of the birth date in them: of a common name alone, a registry holds hundreds of
 * patients, nearly all of them born in another year and on another day.
 */
export const name = '0015_match_keys_by_day';

/** Patients get their packs anew when they are needed first. */
export async function up(knex: Knex): Promise<void> {
  await knex('runs').where({ has_all_keys: 1 }).update({ has_all_keys: 0 });
}

/** An earlier program makes its own keys in the same way. */
export const down = up;
