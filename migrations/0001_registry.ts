import type { Knex } from 'knex';

/** The registry tables: runs and their files, patients and where they came from, doses and their duplicates. */
export const name = '0001_registry';

/** Columns of text, as most are: dates are `YYYY-MM-DD`, codes keep their leading zeros. */
function texts(table: Knex.CreateTableBuilder, columns: readonly string[]): void {
  for (const column of columns) table.text(column);
}

const DOSE_COLUMNS = [
  'administered_on', 'cvx', 'source_immunization_id', 'cpt', 'ndc', 'vaccine_name', 'lot_number', 'lot_expiration',
  'vis_given_date', 'reaction', 'comment',
]; // biome-ignore format: the columns in the order of the model

const DETAIL_COLUMNS = [
  'site_id', 'completion_status', 'information_source', 'mvx', 'dose_amount', 'dose_unit', 'route', 'body_site',
  'administered_by_last_name', 'administered_by_first_name', 'administered_by_name', 'administered_by_title',
  'administered_by_id', 'ordering_provider_id', 'ordering_provider_name', 'facility_id', 'facility_name', 'eligibility',
  'funding_source', 'vis_edition_date', 'refusal_reason',
]; // biome-ignore format: the columns in the order of the model

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('runs', (table) => {
    table.increments('id');
    table.text('status').notNullable();
    texts(table, ['spec_id', 'spec_version', 'site_id', 'today', 'program_version', 'code_tables']);
    table.text('started_at').notNullable();
    texts(table, ['finished_at', 'message']);
    // Where the run runs, and when it last showed that it is alive.
    texts(table, ['host', 'process', 'heartbeat_at']);
  });

  await knex.schema.createTable('run_files', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.text('role').notNullable();
    table.text('name').notNullable();
    texts(table, ['sha256', 'encoding']);
    for (const count of ['bytes', 'records', 'loaded', 'merged', 'duplicate', 'rejected', 'skipped']) {
      table.bigInteger(count);
    }
  });

  // Ids of patients and doses are given by the loader, so that a batch of rows knows them before it is written.
  await knex.schema.createTable('patients', (table) => {
    table.integer('id').primary();
    texts(table, [
      'last_name', 'first_name', 'middle_name', 'suffix', 'alias_last_name', 'alias_first_name', 'birth_date', 'sex',
      'gender', 'race', 'ethnicity', 'language', 'mother_maiden_last_name', 'mother_first_name', 'multiple_birth',
      'birth_order', 'street', 'street_2', 'street_3', 'city', 'state', 'zip', 'county', 'country', 'phone', 'phone_2',
      'email', 'guardian_last_name', 'guardian_first_name', 'guardian_middle_name', 'guardian_relationship',
      'guardian_phone', 'medicaid_id', 'ssn', 'chart_number', 'primary_provider_id', 'registry_status',
      'reminder_recall', 'sharing_objection', 'sharing_objection_date', 'death_date', 'eligibility',
      'eligibility_date',
    ]); // biome-ignore format: the columns in the order of the layout
    // Sixteen bits that tell two Social Security numbers apart without saying either.
    table.integer('ssn_check');
    table.integer('run_id').notNullable();
  });

  await knex.schema.createTable('patient_sources', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.integer('file_id').notNullable();
    table.text('site_id').notNullable();
    table.text('source_patient_id').notNullable();
    table.integer('patient_id').notNullable();
    table.integer('line').notNullable();
    table.text('decision').notNullable();
    table.text('reason');
    // Equal for records that say the same.
    table.bigInteger('content').notNullable();
    table.index(['site_id', 'source_patient_id'], 'patient_sources_by_key');
  });

  await knex.schema.createTable('match_keys', (table) => {
    table.bigInteger('match_key').notNullable();
    table.integer('patient_id').notNullable();
    table.integer('run_id').notNullable();
    table.index(['match_key', 'patient_id'], 'match_keys_by_key');
  });

  // The records of a patient who was merged from several: what its row is made of, and what a merge is undone from.
  await knex.schema.createTable('patient_parts', (table) => {
    table.increments('id');
    table.integer('patient_id').notNullable();
    table.integer('run_id').notNullable();
    table.text('site_id').notNullable();
    table.text('record').notNullable();
    table.index(['patient_id'], 'patient_parts_by_patient');
  });

  // What many doses have in common stands once: by whom, how, with which vaccine. It makes loading twice as fast and the
  // database a third smaller. The view `immunizations` puts it together again.
  await knex.schema.createTable('dose_details', (table) => {
    table.integer('id').primary();
    texts(table, DETAIL_COLUMNS);
    // Equal for equal details.
    table.bigInteger('content').notNullable();
    table.index(['content'], 'dose_details_by_content');
  });

  await knex.schema.createTable('doses', (table) => {
    table.integer('id').primary();
    table.integer('patient_id').notNullable();
    texts(table, DOSE_COLUMNS);
    table.integer('detail_id').notNullable();
    table.integer('file_id').notNullable();
    table.integer('line').notNullable();
    table.index(['patient_id', 'administered_on', 'cvx'], 'doses_by_patient');
  });

  const columns = [...DOSE_COLUMNS.map((column) => `d.${column}`), ...DETAIL_COLUMNS.map((column) => `c.${column}`)];
  await knex.raw(
    `CREATE VIEW immunizations AS
     SELECT d.id, d.patient_id, ${columns.join(', ')}, f.run_id, d.file_id, d.line
     FROM doses d JOIN dose_details c ON c.id = d.detail_id JOIN run_files f ON f.id = d.file_id`,
  );

  await knex.schema.createTable('immunization_duplicates', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.integer('file_id').notNullable();
    table.integer('line').notNullable();
    table.text('source_immunization_id');
    table.integer('immunization_id').notNullable();
    table.text('reason').notNullable();
  });

  // The records of a dose that was merged from several that differ.
  await knex.schema.createTable('immunization_parts', (table) => {
    table.increments('id');
    table.integer('immunization_id').notNullable();
    table.integer('run_id').notNullable();
    table.text('record').notNullable();
    table.index(['immunization_id'], 'immunization_parts_by_dose');
  });

  await knex.schema.createTable('match_reviews', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.integer('patient_id_a').notNullable();
    table.integer('patient_id_b').notNullable();
    table.double('weight');
    table.text('reasons').notNullable();
    texts(table, ['decision', 'decided_by', 'decided_at']);
  });

  // Rows as they were before a run changed them, so that it can be taken back.
  await knex.schema.createTable('before_images', (table) => {
    table.increments('id');
    table.integer('run_id').notNullable();
    table.text('table_name').notNullable();
    table.integer('row_id').notNullable();
    table.text('image').notNullable();
    table.index(['run_id', 'table_name', 'row_id'], 'before_images_by_row');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropView('immunizations');
  for (const table of [
    'before_images',
    'match_reviews',
    'immunization_parts',
    'immunization_duplicates',
    'doses',
    'dose_details',
    'patient_parts',
    'match_keys',
    'patient_sources',
    'patients',
    'run_files',
    'runs',
  ]) {
    await knex.schema.dropTable(table);
  }
}
