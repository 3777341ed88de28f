/** What most tests of the core need: the specs, the code tables, a day. */
import type { IsoDate } from '../../src/core/model.js';
import { loadCodes, loadSpec } from '../../src/files/specs.js';

export const CODES = loadCodes();
export const MIIS = loadSpec('miis-legacy');
export const GRITS = loadSpec('grits-fixed');
/** The day that counts as today in tests. */
export const TODAY = '2026-07-01' as IsoDate;
