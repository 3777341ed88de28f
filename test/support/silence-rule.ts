/** Silences the rule that `SILENCED` names, such as `patient/3`, before the tests of a mutation run. */
import { RULE_TABLES } from './rule-tables.js';

const [table, place] = (process.env['SILENCED'] ?? '').split('/');
if (table !== undefined && table !== '') RULE_TABLES[table]!.silence(Number(place));
