/** How a weight came about, as lines of a terminal: a bar for each part, begun where the one before ended. */
import { describeRefusal, formatWeight, type MatchExplanation, partName } from '../core/match/explanation.js';
import type { GuardOutcome } from '../core/match/guards.js';
import { formatTable } from './table.js';

const WIDTH = 40;
const OUTCOMES: Readonly<Record<GuardOutcome, string>> = {
  no: 'Two persons',
  review: 'At most a question',
  alone: 'A condition',
};

/** The parts of a weight one below the other, then the thresholds and the guards. It holds no value of a record. */
export function formatWaterfall(explanation: MatchExplanation): string {
  const { parts, weight, thresholds, guards, pass, model } = explanation;
  const sums = [0];
  for (const part of parts) sums.push(sums.at(-1)! + part.weight);
  const least = Math.min(...sums, thresholds.review);
  const most = Math.max(...sums, thresholds.match);
  const columnOf = (sum: number): number => Math.round(((sum - least) / (most - least)) * WIDTH);
  const mark = columnOf(thresholds.match);
  const draw = (from: number, to: number): string => {
    const [start, end] = [Math.min(columnOf(from), columnOf(to)), Math.max(columnOf(from), columnOf(to))];
    const cells = Array.from({ length: WIDTH + 1 }, (_, column) => {
      if (column >= start && (column < end || start === end) && column <= end) return to < from ? '░' : '█';
      return column === mark ? '│' : ' ';
    });
    return cells.join('').trimEnd();
  };
  const rows = parts.map((part, i) => [
    [partName(part), part.level].filter((word) => word !== '').join(' '),
    formatWeight(part.weight),
    draw(sums[i]!, sums[i + 1]!),
  ]);
  rows.push(['weight', formatWeight(weight), `${' '.repeat(mark)}│ ${formatWeight(thresholds.match)} is enough`]);
  const words = guards.map((guard) => `${OUTCOMES[guard.outcome]}: ${guard.words}`);
  const refusal = describeRefusal(explanation);
  if (refusal !== null) words.push(`A question: ${refusal}`);
  return [
    formatTable(rows, ['left', 'right']),
    '',
    `  ${model} model; one person from ${formatWeight(thresholds.match)}, a question from ${formatWeight(thresholds.review)}`,
    `  Compared because of: ${pass ?? 'the id, or another record of the person'}`,
    ...(words.length === 0 ? ['  No guard speaks against it.'] : words.map((line) => `  ${line}`)),
  ].join('\n');
}
