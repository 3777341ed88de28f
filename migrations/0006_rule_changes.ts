import type { Knex } from 'knex';

/** Which rules a run judged otherwise than its specification says: without it, nobody can tell why a record is in. */
export const name = '0006_rule_changes';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('runs', (table) => {
    // JSON: code → severity before and after; NULL for none.
    table.text('rule_changes');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE runs DROP COLUMN rule_changes');
}
