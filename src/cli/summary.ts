/** The summary of a run as people see it. It names files, codes and counts, and no value of any record. */
import { findIssueDefinition } from '../core/catalogue.js';
import { formatWeight } from '../core/match/explanation.js';
import { FATES, type FileRole } from '../core/model.js';
import { DIFFERENCES, type FileSummary, type Summary } from '../run.js';
import { formatReconciliation } from './reconciliation.js';
import { formatCount, formatTable, showSafely } from './table.js';

const SEVERITIES = ['error', 'warning', 'info'] as const;
/** Codes shown of each severity; `issues.csv` and `summary.json` have them all. */
const MOST_CODES = 8;

/** The summary, ready to be printed. */
export function formatSummary(summary: Summary): string {
  const parts = [
    formatTitle(summary),
    formatChoice(summary),
    formatFiles(summary.files),
    formatReading(summary.files),
    formatRules(summary),
    formatCodeTables(summary),
    formatMap(summary),
    formatPatients(summary),
    formatReconciliation(summary),
    formatComparison(summary),
    formatDifference(summary),
    formatIssues(summary),
    formatLooks(summary),
    formatRefusal(summary),
    formatNext(summary),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function formatTitle(summary: Summary): string {
  const { spec, mode, run } = summary;
  const what = mode === 'load' ? `run ${run}` : mode === 'dry-run' ? 'dry run' : 'validation';
  const provenance =
    spec.provenance === 'official' ? '' : `, ${spec.provenance === 'inferred' ? 'inferred' : 'from public code'}`;
  const seconds = Object.values(summary.stage_seconds).reduce((sum, value) => sum + value, 0);
  return `immload ${summary.immload}  ${what}  ${spec.id} ${spec.version}${provenance}  ${seconds.toFixed(1)} s`;
}

/** Files whose reasons are shown; `summary.json` has them all. */
const MOST_REASONS = 6;

/** How the specification was recognised, and what speaks for it. Nothing where it was given. */
function formatChoice({ spec, spec_choice: choice }: Summary): string {
  if (choice.how === 'given') return '';
  const how = choice.certainty === 'sure' ? 'for sure' : 'probably; --spec says it for sure';
  const lines = [`Recognised as ${spec.id} (${how})`];
  for (const { file, reasons } of choice.files.slice(0, MOST_REASONS)) {
    lines.push(`  ${showSafely(file)}: ${reasons.join(', ')}`);
  }
  const more = choice.files.length - MOST_REASONS;
  if (more > 0) lines.push(`  and ${more} more ${more === 1 ? 'file' : 'files'}`);
  const [next] = choice.runners_up;
  if (choice.certainty !== 'sure' && next !== undefined) {
    lines.push(`  The next best is ${next.spec}, but ${showSafely(next.against.join('; '))}`);
  }
  return lines.join('\n');
}

function formatFiles(files: readonly FileSummary[]): string {
  const rows = [['', 'records', ...FATES]];
  for (const file of files) {
    rows.push([showSafely(file.name), formatCount(file.records), ...FATES.map((fate) => formatCount(file[fate]))]);
  }
  return formatTable(rows, ['left', 'right', 'right', 'right', 'right', 'right', 'right']);
}

const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-16le': 'UTF-16LE',
  'utf-16be': 'UTF-16BE',
  'windows-1252': 'Windows-1252',
  'utf-8 and windows-1252': 'UTF-8 and Windows-1252',
};

/** How files were read that are not plain UTF-8. */
function formatReading(files: readonly FileSummary[]): string {
  const lines: string[] = [];
  for (const { name, container, encoding } of files) {
    const facts: string[] = [];
    if (container !== null) facts.push(`came in ${showSafely(container)}`);
    if (ENCODINGS[encoding] !== undefined) facts.push(`is in ${ENCODINGS[encoding]}`);
    if (facts.length > 0) lines.push(`${showSafely(name)} ${facts.join(' and ')}`);
  }
  return lines.join('\n');
}

/** Rules that were judged otherwise than the specification says. */
function formatRules({ changed_rules: changed }: Summary): string {
  if (changed === undefined) return '';
  const rules = Object.entries(changed).map(([code, { before, after }]) => `${code} ${before} → ${after}`);
  return `Rules changed for this run: ${rules.join(', ')}`;
}

/** The code tables whose days matter most; `summary.json` has all. */
const VACCINE_TABLES = ['cvx', 'mvx', 'product'];

/** The days of the code tables, and those that do not come with immload. */
function formatCodeTables({ updated_code_tables: updated, code_tables: days }: Summary): string {
  const show = (tables: readonly string[]): string =>
    tables.map((table) => showSafely(`${table} ${days[table]}`)).join(', ');
  const own = VACCINE_TABLES.filter((table) => days[table] !== undefined && updated?.tables.includes(table) !== true);
  const more = Object.keys(days).length - own.length - (updated?.tables.length ?? 0);
  const lines = updated === null ? [] : [`Code tables of ${showSafely(updated.folder)}: ${show(updated.tables)}`];
  if (own.length > 0) lines.push(`Code tables of immload: ${show(own)} and ${formatCount(more)} more`);
  return lines.join('\n');
}

/** Lines of a map that are named; `summary.json` has them all. */
const MOST_LINES = 10;

/** The map that was applied, and what of it no record had. */
function formatMap({ map }: Summary): string {
  if (map === null) return '';
  const { decisions, unmet_lines: unmet } = map;
  const head = `Map ${showSafely(map.name)}: ${decisions === 1 ? '1 decision' : `${formatCount(decisions)} decisions`}`;
  if (unmet.length === 0) return head;
  const more = unmet.length > MOST_LINES ? ` and ${formatCount(unmet.length - MOST_LINES)} more` : '';
  const lines = `${unmet.length === 1 ? 'line' : 'lines'} ${unmet.slice(0, MOST_LINES).join(', ')}${more}`;
  return `${head}, ${formatCount(unmet.length)} of which met no record (${lines}; compare field and value with unmapped.csv)`;
}

function formatPairs(count: number): string {
  return count === 1 ? '1 pair' : `${formatCount(count)} pairs`;
}

function formatPatients(summary: Summary): string {
  const { matching, patients, doses, totals, mode, files } = summary;
  const lines: string[] = [];
  const would = mode === 'load' ? '' : ' (would be)';
  if (totals.patient.records > 0 || totals.combined !== undefined) {
    const [fresh, merged] = [patients.new, patients.merged].map(formatCount);
    lines.push(`Patients${would}: ${fresh} new, ${merged} merged, ${formatPairs(patients.review)} left to review`);
    if (matching.match_threshold !== null && matching.review_threshold !== null) {
      const [match, review] = [matching.match_threshold, matching.review_threshold].map(formatWeight);
      lines.push(`Matched by the ${matching.model} model: one person from weight ${match}, a question from ${review}`);
    }
  }
  if (totals.combined !== undefined) {
    const [fresh, merged, duplicate] = [doses.new, doses.merged, doses.duplicate].map(formatCount);
    const review = doses.review === 0 ? '' : `, ${formatPairs(doses.review)} left to review`;
    lines.push(`Doses${would}: ${fresh} new, ${merged} merged, ${duplicate} duplicate${review}`);
  } else if (doses.review > 0) {
    lines.push(`Doses${would}: ${formatPairs(doses.review)} left to review`);
  }
  if (summary.comments !== undefined) {
    const { new: fresh, duplicate } = summary.comments;
    lines.push(`Comments${would}: ${formatCount(fresh)} new, ${formatCount(duplicate)} duplicate`);
  }
  for (const file of files) {
    if (file.loaded_before === null) continue;
    const { run, finished_at } = file.loaded_before;
    lines.push(
      `${showSafely(file.name)} was loaded before, as run ${run} on ${finished_at.slice(0, 10)}; nothing is there twice`,
    );
  }
  return lines.join('\n');
}

/** Pairs of CVX codes shown; `comparison.csv` has every record. */
const MOST_PAIRS = 8;

/** What differs from an earlier run under its code tables. */
function formatComparison({ comparison }: Summary): string {
  if (comparison === undefined) return '';
  const { run, code_tables, compared, differ, newly_rejected, newly_accepted, other_cvx, other_issues, cvx } =
    comparison;
  const tables = Object.entries(code_tables).map(([id, { before, after }]) =>
    before === after ? `${id} ${after}, with other rows` : `${id} ${before} → ${after}`,
  );
  const lines = [
    `Compared with run ${run} (${tables.length === 0 ? 'the same code tables' : tables.join('; ')}):`,
    `  ${formatCount(differ)} of ${formatCount(compared)} records differ: ${formatCount(newly_rejected)} now rejected, ${formatCount(newly_accepted)} now accepted, ${formatCount(other_cvx)} of another CVX code, ${formatCount(other_issues)} with other issues`,
  ];
  const pairs = cvx.slice(0, MOST_PAIRS).map(({ before, after, count }) => {
    return [`CVX ${before ?? 'none'} → ${after ?? 'none'}`, formatCount(count)];
  });
  if (pairs.length > 0) lines.push(formatTable(pairs, ['left', 'right']).replace(/^/gm, '  '));
  if (cvx.length > MOST_PAIRS) lines.push(`    and ${cvx.length - MOST_PAIRS} more pairs`);
  return lines.join('\n');
}

const ROLE_WORDS: Readonly<Record<FileRole, string>> = {
  patient: 'patients',
  immunization: 'immunizations',
  combined: 'patients and doses',
  comment: 'comments',
};

/** What differs from the files that were corrected. */
function formatDifference({ difference }: Summary): string {
  if (difference === undefined) return '';
  const { run, files, records } = difference;
  const rows = Object.entries(records).map(([role, counts]) => {
    return [ROLE_WORDS[role as FileRole], ...DIFFERENCES.map((kind) => formatCount(counts[kind]))];
  });
  const head = ['', ...DIFFERENCES.map((kind) => kind.replace('_', ' '))];
  const table = formatTable([head, ...rows], ['left', ...DIFFERENCES.map(() => 'right' as const)]);
  const withdrawn = Object.values(records).reduce((sum, counts) => sum + counts.withdrawn, 0);
  const note = withdrawn > 0 ? ['  What is withdrawn stays in the registry, as it was loaded.'] : [];
  return [`Corrects run ${run} (${files.map(showSafely).join(', ')})`, table, ...note].join('\n');
}

function formatIssues(summary: Summary): string {
  const entries = Object.entries(summary.issues);
  if (entries.length === 0) return 'No issues.';
  const groups = SEVERITIES.map((severity) => {
    const codes = entries.filter(([, issue]) => issue.severity === severity).sort(([, a], [, b]) => b.count - a.count);
    const total = codes.reduce((sum, [, issue]) => sum + issue.count, 0);
    return { severity, codes, total };
  }).filter(({ codes }) => codes.length > 0);
  // One table for all, so that the columns stand under each other.
  const shown = groups.flatMap(({ codes }) => codes.slice(0, MOST_CODES));
  const rows = formatTable(shown.map(formatIssueRow), ['left', 'right', 'left']).split('\n');
  return groups
    .map(({ severity, codes, total }) => {
      const heading = `${formatCount(total)} ${severity}${total === 1 || severity === 'info' ? '' : 's'}`;
      const rest = codes.length > MOST_CODES ? [`  and ${codes.length - MOST_CODES} more kinds`] : [];
      return [heading, ...rows.splice(0, Math.min(codes.length, MOST_CODES)), ...rest].join('\n');
    })
    .join('\n\n');
}

/** What looks wrong about a file though its records may be right. */
function formatLooks({ looks_wrong: looks }: Summary): string {
  if (looks.length === 0) return '';
  const lines = looks.map(
    ({ file, field, sentence }) => `  ${showSafely(file)}${field === null ? '' : `, ${field}`}: ${sentence}`,
  );
  return ['Looks wrong as a whole', ...lines].join('\n');
}

/** Codes of errors for which a load would refuse a whole file. */
export function fileErrorsOf(summary: Summary): readonly string[] {
  return Object.entries(summary.issues)
    .filter(([code, { severity }]) => severity === 'error' && findIssueDefinition(code)?.subject === 'file')
    .map(([code]) => code);
}

/** A load would end where a validation goes on. */
function formatRefusal(summary: Summary): string {
  const codes = fileErrorsOf(summary);
  return codes.length === 0 ? '' : `Nothing of this would be loaded: ${codes.join(', ')}`;
}

function formatIssueRow([code, issue]: [string, Summary['issues'][string]]): string[] {
  const first = issue.examples[0]!;
  const where = first.line === 0 ? showSafely(first.file) : `${showSafely(first.file)}, line ${first.line}`;
  const capped = issue.rows < issue.count ? `  (${formatCount(issue.rows)} listed)` : '';
  return [code, formatCount(issue.count), `first in ${where}${capped}`];
}

function formatNext(summary: Summary): string {
  const rows = [['Report', showSafely(summary.report)]];
  if (summary.redacted !== undefined) {
    const { records_unlike: unlike } = summary.redacted;
    const but = unlike === 0 ? '' : `; ${formatCount(unlike)} rejected records break other rules now`;
    rows.push(['Redacted', `values of persons in it are made up${but}`]);
  }
  if (summary.comparison !== undefined && summary.comparison.differ > 0)
    rows.push(['Differences', showSafely(`${summary.report}/comparison.csv`)]);
  if (summary.difference !== undefined) rows.push(['Differences', showSafely(`${summary.report}/difference.csv`)]);
  for (const file of summary.files) {
    if (file.rejects === null) continue;
    const records = file.rejected === 1 ? '1 record' : `${formatCount(file.rejected)} records`;
    rows.push([
      'Rejects',
      `${showSafely(`${summary.report}/${file.rejects}`)}  (${records}; correct them and load that very file)`,
    ]);
  }
  if (summary.unmapped > 0) {
    const values = summary.unmapped === 1 ? '1 vaccine' : `${formatCount(summary.unmapped)} vaccines`;
    const what = `(${values} that nobody understood; complete it and give it with --map)`;
    rows.push(['Unmapped', `${showSafely(`${summary.report}/unmapped.csv`)}  ${what}`]);
  }
  const { count, sure } = summary.suggestions;
  if (count > 0)
    rows.push(['Suggestions', `${formatCount(count)} in suggestions.csv, ${formatCount(sure)} of them sure`]);
  if (Object.keys(summary.issues).length > 0)
    rows.push(['Codes', 'immload explain CODE says what a code means and how to fix it']);
  return formatTable(rows);
}
