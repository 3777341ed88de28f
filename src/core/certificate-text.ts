/** A certificate on one page, for people. */
import type { Certificate, CertifiedFile, KeptRecords } from './certificate.js';
import { FATES } from './model.js';
import { describeVaccine, type ReconciliationSummary, totalsInOrder } from './totals/reconcile.js';

const WIDTH = 96;
/** Characters of a hash that are shown where the whole of it is not needed. */
const SHORT_HASH = 16;

/** The page. It holds no value of a record. */
export function describeCertificate(certificate: Certificate): string {
  const { run, immload, site, today, started_at, finished_at, spec, matching, at_load, files } = certificate;
  const { code_tables: tables, changed_rules: rules, map, totals, reports, journal, digest } = certificate;
  const changed = Object.entries(rules).map(([code, { before, after }]) => `${code} ${before} → ${after}`);
  const lines = [
    `CERTIFICATE OF RUN ${run}`,
    `immload ${immload}, from ${started_at} to ${finished_at}, today ${today}${site === null ? '' : `, site ${site}`}`,
    '',
    `Specification   ${spec.id} ${spec.version}, SHA-256 ${spec.sha256}`,
    `Matching        ${describeMatching(matching)}`,
    ...(map === null ? [] : [`Map             ${map.name}, SHA-256 ${map.sha256}`]),
    ...(changed.length === 0 ? [] : [`Rules changed   ${changed.join(', ')}`]),
    '',
    'FILES',
    ...files.flatMap(describeFile),
    '',
    'MADE OF THEM',
    `  patients   ${describeKept(at_load.persons)}`,
    `  doses      ${at_load.doses.stored}, and ${at_load.doses.further} further records of doses`,
    ...inColumns('  by vaccine ', countsInOrder(at_load.by_vaccine)),
    ...inColumns('  by year    ', countsInOrder(at_load.by_year)),
    '',
    ...(totals === null ? [] : [...describeTotals(totals), '']),
    'CODE TABLES',
    ...inColumns(
      '  ',
      tables.map(({ id, as_of, sha256 }) => `${id} ${as_of} ${sha256.slice(0, SHORT_HASH)}`),
    ),
    '',
    'REPORT',
    ...reports.map(({ name, bytes, sha256 }) => `  ${sha256}  ${name} (${bytes} bytes)`),
    '',
    `Journal before this load: ${journal.entries}:${journal.hash}`,
    `Digest of certificate.json: ${digest}`,
    `To check it: immload verify ${run} --report FOLDER`,
  ];
  return `${lines.map(withoutControls).join('\n')}\n`;
}

function describeMatching({
  model,
  match_threshold: match,
  review_threshold: review,
}: Certificate['matching']): string {
  return match === null || review === null
    ? model
    : `${model}, one person from weight ${match}, a question from ${review}`;
}

function describeFile({ role, name, container, sha256, bytes, encoding, records, ...file }: CertifiedFile): string[] {
  const fates = FATES.map((fate) => `${file[fate]} ${fate}`).join(', ');
  return [
    `  ${name}${container === null ? '' : ` in ${container}`}: ${role}, ${encoding}, ${bytes} bytes`,
    `    SHA-256 ${sha256}`,
    `    ${records} records: ${fates}`,
  ];
}

function describeKept({ new: fresh, merged, duplicate }: KeptRecords): string {
  return `${fresh} new, ${merged} merged, ${duplicate} duplicate`;
}

function describeTotals(totals: ReconciliationSummary): string[] {
  const { totals_file: file, patients, immunizations, by_vaccine, by_year, control_totals = [], agrees } = totals;
  const compared = [
    ...(patients === undefined ? [] : [['patients', patients] as const]),
    ...(immunizations === undefined ? [] : [['doses', immunizations] as const]),
    ...(by_vaccine === undefined ? [] : totalsInOrder(by_vaccine)).map(
      ([name, total]) => [describeVaccine(name), total] as const,
    ),
    ...(by_year === undefined ? [] : totalsInOrder(by_year)),
  ];
  const controls = control_totals.map(({ file: name, counts, expected, received }) => {
    return `${counts} of ${name} ${expected ?? 'no number'}/${received}`;
  });
  return [
    `TOTALS OF THE SENDER${file === null ? '' : ` (${file.name}, SHA-256 ${file.sha256})`}: ${agrees ? 'as expected' : 'NOT AS EXPECTED'}`,
    ...inColumns('  expected/received: ', [
      ...compared.map(([what, { expected, received }]) => `${what} ${expected}/${received}`),
      ...controls,
    ]),
  ];
}

function countsInOrder(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`);
}

/** Items one after the other, in lines that are not too wide, below each other. */
function inColumns(head: string, items: readonly string[]): string[] {
  const indent = ' '.repeat(head.length);
  const lines: string[] = [];
  let line = head;
  for (const [i, item] of items.entries()) {
    const text = i === items.length - 1 ? item : `${item}, `;
    if (line.trim() !== '' && line.length > head.length && line.length + text.trimEnd().length > WIDTH) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += text;
  }
  return [...lines, line.trimEnd()];
}

/** Names of files come from the sender, and may hold what a terminal obeys. */
function withoutControls(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}
