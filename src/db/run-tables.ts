/** Which tables a run writes to: all of that is taken back when it fails. */

/** Tables of which a run changes or deletes rows that others made. */
export const CHANGED_TABLES = [
  'patients',
  'doses',
  'immunization_parts',
  'immunization_duplicates',
  'match_reviews',
] as const;

/** Tables whose rows name the run that made them, and go with it. */
export const TABLES_OF_RUNS = [
  'patient_comments',
  'comment_duplicates',
  'immunization_duplicates',
  'immunization_parts',
  'patients',
  'patient_sources',
  'patient_parts',
  'match_keys',
  'name_uses',
  'match_reviews',
  'before_images',
] as const;
