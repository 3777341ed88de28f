/** `immload spec check` */
import { fileLayoutsOf } from '../core/file-layouts.js';
import type { PlacedProblem } from '../files/checked-json.js';
import { loadCodes } from '../files/code-tables.js';
import { checkSpecFile, type SpecCheck } from '../files/specs.js';
import { type CodesArguments, findCodesFolder } from './codes.js';
import { ExitCode } from './exit.js';
import { count, print, printJson } from './print.js';
import { showSafely, wrapText } from './table.js';

/** Says all that is wrong with a spec file, and gives the exit code. */
export function checkSpecCommand(path: string, { json, ...args }: Omit<CodesArguments, 'db'>): number {
  const check = checkSpecFile(path, loadCodes(findCodesFolder(args)));
  if (json) printJson(describeCheck(path, check));
  else print(formatCheck(path, check));
  return check.spec === null ? ExitCode.usage : ExitCode.success;
}

/** Columns by layout, the rules of columns, and severities that differ. */
function countParts({
  spec,
}: SpecCheck): { columns: Record<string, number>; rules?: number; severities: number } | null {
  if (spec === null) return null;
  const all = fileLayoutsOf(spec).flatMap(({ layout }) => layout.fields);
  const rules = all.reduce((sum, { rules: own = [] }) => sum + own.length, 0);
  return {
    ...(rules > 0 && { rules }),
    columns: Object.fromEntries(fileLayoutsOf(spec).map(({ role, layout }) => [role, layout.fields.length])),
    severities: Object.keys(spec.severities).length,
  };
}

function describeCheck(path: string, check: SpecCheck): unknown {
  const { spec, problems } = check;
  return {
    file: path,
    ok: spec !== null,
    spec: spec === null ? null : { id: spec.id, version: spec.version, title: spec.title, ...countParts(check) },
    problems: problems.map(({ line, column, path: pointer, found, message, remedy }) => {
      return { line, column, pointer, found, message, remedy };
    }),
  };
}

function formatCheck(path: string, check: SpecCheck): string {
  const { spec, problems } = check;
  const parts = countParts(check);
  const name = showSafely(path);
  if (spec === null || parts === null) {
    const blocks = problems.map((problem) => formatProblem(name, problem));
    return `${name}: ${count(problems.length, 'problem')}\n\n${blocks.join('\n\n')}`;
  }
  const columns = Object.entries(parts.columns).map(([role, number]) => `${role} ${count(number, 'column')}`);
  const rules = parts.rules === undefined ? '' : `, ${count(parts.rules, 'rule')} of columns`;
  const severities = parts.severities === 1 ? '1 severity' : `${parts.severities} severities`;
  return showSafely(
    `${path}: fine (${spec.id} ${spec.version}: ${columns.join(', ')}${rules}, ${severities} of its own)`,
  );
}

/** Longer values are cut. */
const LONGEST_FOUND = 60;

function formatProblem(name: string, { line, column, path, found, message, remedy }: PlacedProblem): string {
  const value = found === null || found.length <= LONGEST_FOUND ? found : `${found.slice(0, LONGEST_FOUND)}…`;
  const what = value === null ? message : `${message}: ${value}`;
  const place = `${name}:${line}:${column}`;
  return [
    showSafely(path === '' ? `  ${place}` : `  ${place}  ${path}`),
    wrapText(showSafely(what), '    '),
    wrapText(showSafely(remedy), '    '),
  ].join('\n');
}
