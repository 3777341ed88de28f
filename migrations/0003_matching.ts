import type { Knex } from 'knex';

/** What matching by weight needs: keys of each kind, how names are used, and the reasons of what it decides. */
export const name = '0003_matching';

/** Makes a table its own index in SQLite; PostgreSQL has no such tables. */
function ownIndex(knex: Knex): string {
  return knex.client.dialect === 'postgresql' ? '' : ' WITHOUT ROWID';
}

export async function up(knex: Knex): Promise<void> {
  // A table that is its own index: half as much to write.
  await knex.raw(
    `CREATE TABLE keys_of_patients (
       match_key bigint NOT NULL, patient_id integer NOT NULL, run_id integer NOT NULL,
       PRIMARY KEY (match_key, patient_id)
     )${ownIndex(knex)}`,
  );
  await knex.raw(
    `INSERT INTO keys_of_patients SELECT match_key, patient_id, min(run_id) FROM match_keys
     GROUP BY match_key, patient_id ORDER BY match_key, patient_id`,
  );
  await knex.schema.dropTable('match_keys');
  await knex.raw('ALTER TABLE keys_of_patients RENAME TO match_keys');

  // How many records of a run bear a name; the key is of the name and of its kind, and one stands for all records.
  await knex.raw(
    `CREATE TABLE name_uses (
       name_key bigint NOT NULL, run_id integer NOT NULL, uses integer NOT NULL,
       PRIMARY KEY (name_key, run_id)
     )${ownIndex(knex)}`,
  );

  await knex.schema.alterTable('runs', (table) => {
    table.text('match_model');
    table.double('match_threshold');
    table.double('review_threshold');
    // 1 if its patients can be found by all keys; else by name and birth date only.
    table.integer('has_all_keys');
  });
  await knex.schema.alterTable('patient_sources', (table) => {
    // Why it became the patient, as JSON, where a model weighed it.
    table.text('explanation');
    table.index(['patient_id'], 'patient_sources_by_patient');
  });
  await knex.schema.alterTable('patient_parts', (table) => {
    // Sixteen bits of the number that came with the record; `patients` has those of the person.
    table.integer('ssn_check');
  });
  await knex.schema.alterTable('match_reviews', (table) => {
    table.text('explanation');
    table.text('decision_reason');
    table.index(['patient_id_a'], 'match_reviews_by_a');
    table.index(['patient_id_b'], 'match_reviews_by_b');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const index of ['match_reviews_by_a', 'match_reviews_by_b', 'patient_sources_by_patient']) {
    await knex.raw(`DROP INDEX ${index}`);
  }
  for (const column of [
    'match_reviews.explanation',
    'match_reviews.decision_reason',
    'patient_parts.ssn_check',
    'patient_sources.explanation',
    'runs.match_model',
    'runs.match_threshold',
    'runs.review_threshold',
    'runs.has_all_keys',
  ]) {
    await knex.raw(`ALTER TABLE ${column.replace('.', ' DROP COLUMN ')}`);
  }
  await knex.schema.dropTable('name_uses');
  await knex.raw('ALTER TABLE match_keys RENAME TO keys_of_patients');
  await knex.schema.createTable('match_keys', (table) => {
    table.bigInteger('match_key').notNullable();
    table.integer('patient_id').notNullable();
    table.integer('run_id').notNullable();
    table.index(['match_key', 'patient_id'], 'match_keys_by_key');
  });
  await knex.raw('INSERT INTO match_keys SELECT match_key, patient_id, run_id FROM keys_of_patients');
  await knex.schema.dropTable('keys_of_patients');
}
