import type { Knex } from 'knex';

/** What a reviewer decided, as history; what each decision changed, so that it can be taken back; doubtful doses as reviews. */
export const name = '0007_review_desk';

export async function up(knex: Knex): Promise<void> {
  // Rows are added and never changed: `match_reviews` has the decision that holds.
  await knex.schema.createTable('review_decisions', (table) => {
    table.increments('id');
    table.integer('review_id').notNullable();
    table.text('decision').notNullable();
    table.text('decided_by');
    table.text('decided_at');
    table.text('reason');
    // What it did to the registry, in words; null where it did nothing.
    table.text('effect');
    // Guards and reviews that stood against it, in words, as a JSON list; null for none.
    table.text('despite');
    // The patients that it concerned, the one that went on first; null where it did nothing.
    table.integer('patient_id');
    table.integer('other_patient_id');
    table.index(['review_id'], 'review_decisions_by_review');
    table.index(['patient_id'], 'review_decisions_by_patient');
    table.index(['other_patient_id'], 'review_decisions_by_other');
  });
  await knex.raw(
    `INSERT INTO review_decisions (review_id, decision, decided_by, decided_at, reason)
     SELECT id, decision, decided_by, decided_at, decision_reason FROM match_reviews WHERE decision IS NOT NULL ORDER BY id`,
  );

  // The decisions that hold and that changed patients or doses.
  await knex.schema.createTable('applied_decisions', (table) => {
    table.integer('decision_id').primary();
    table.integer('review_id').notNullable();
    // 'join', 'part' or 'join doses'.
    table.text('kind').notNullable();
    table.integer('patient_id').notNullable();
    table.integer('other_patient_id').notNullable();
    // The newest run when it was applied: what later runs added is not in its images.
    table.integer('last_run_id').notNullable();
    // 0 once something was taken apart that this was built on: its images no longer fit.
    table.integer('is_exact').notNullable();
    table.index(['review_id'], 'applied_decisions_by_review');
    table.index(['patient_id'], 'applied_decisions_by_patient');
    table.index(['other_patient_id'], 'applied_decisions_by_other');
  });

  // Rows before and after a decision was applied, as JSON; null where there was none.
  await knex.schema.createTable('decision_images', (table) => {
    table.increments('id');
    table.integer('decision_id').notNullable();
    table.text('table_name').notNullable();
    table.text('row_key').notNullable();
    table.text('image_before');
    table.text('image_after');
    table.index(['decision_id'], 'decision_images_by_decision');
  });

  // A table that is its own index, which PostgreSQL does not have.
  const ownIndex = knex.client.dialect === 'postgresql' ? '' : ' WITHOUT ROWID';
  // Which of a patient's ids a dose or a comment came under, where the patient has several.
  await knex.raw(
    `CREATE TABLE record_keys (
       file_id integer NOT NULL, line integer NOT NULL, source_key bigint NOT NULL, PRIMARY KEY (file_id, line)
     )${ownIndex}`,
  );

  await knex.schema.alterTable('match_reviews', (table) => {
    // The doses of a pair of doses, which are of one patient; null for a pair of patients.
    table.integer('immunization_id_a');
    table.integer('immunization_id_b');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const column of ['immunization_id_a', 'immunization_id_b']) {
    await knex.raw(`ALTER TABLE match_reviews DROP COLUMN ${column}`);
  }
  for (const table of ['record_keys', 'decision_images', 'applied_decisions', 'review_decisions']) {
    await knex.schema.dropTable(table);
  }
}
