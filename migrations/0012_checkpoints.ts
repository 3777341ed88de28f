import type { Knex } from 'knex';

/** The places at which a run that is cut short can be continued. A completed run has none. */
export const name = '0012_checkpoints';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('checkpoints', (table) => {
    table.integer('run_id').notNullable();
    // What was being done, and the number of the batch in it, from 0.
    table.text('stage').notNullable();
    table.integer('seq').notNullable();
    // The last record that was written, for people.
    table.integer('file_id');
    table.integer('record');
    table.bigInteger('byte_offset');
    // As JSON: how far each file was read and its hash up to there, and where the counters of ids stood.
    table.text('files_read').notNullable();
    table.text('counters').notNullable();
    // What was decided and written, as deflated JSON.
    table.binary('result').notNullable();
    table.primary(['run_id', 'stage', 'seq']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('checkpoints');
}
