/** From the cells of a CSV file to rows, and from rows and answers back to a file. */

import type { BatchResult, FieldProblem, Row, Scalar } from '$lib/api/types';
import type { Field } from '$lib/schema/fields';
import { parse } from '$lib/schema/values';
import { task } from '$lib/task';

export type Cells = Record<string, string>;

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none']);

/** Cells as the service takes them; a cell that cannot be read is sent as it is, to be refused. */
export function toRow(fields: Field[], cells: Cells): Row {
  const row: Row = {};
  for (const field of fields) {
    const cell = cells[field.name];
    if (cell === undefined) continue;
    row[field.name] = toValue(field, cell);
  }
  return row;
}

function toValue(field: Field, cell: string): Scalar {
  const text = cell.trim();
  const isOption = field.options.some(({ text: word, value, label }) =>
    typeof value === 'boolean' ? label.trim().toLowerCase() === text.toLowerCase() : word === text,
  );
  if (!isOption && MISSING.has(text.toLowerCase())) return null;
  const parsed = parse(withoutLimits(field), text);
  return 'value' in parsed ? parsed.value : text;
}

/** Only the service checks limits here, so that its message stands at the row. */
function withoutLimits(field: Field): Field {
  // Spreadsheets write whole numbers as 12.0.
  const kind = field.kind === 'integer' ? 'number' : field.kind;
  return { ...field, kind, min: undefined, max: undefined, above: undefined, below: undefined };
}

/** How the columns of a file fit the fields. */
export function fit(fields: Field[], columns: string[]) {
  const known = fields.map((field) => field.name);
  return {
    unknown: columns.filter((name) => !known.includes(name)),
    absent: fields.filter((field) => !columns.includes(field.name)),
  };
}

/** What the downloaded file adds to each row. */
export function answerCells(result: BatchResult): string[] {
  if ('errors' in result)
    return [...task.COLUMNS.map(() => ''), '', result.errors.map(problemText).join('; ')];
  const warnings = result.warnings.map(problemText).join('; ');
  return [...task.cells(result), warnings, ''];
}

export function problemText(problem: Pick<FieldProblem, 'field' | 'message'>): string {
  return problem.field ? `${problem.field}: ${problem.message}` : problem.message;
}

export const answerNames = () => [...task.COLUMNS, 'warnings', 'errors'];

/** The added columns' names, changed where the file has columns of that name. */
export function answerColumns(columns: string[]): string[] {
  return answerNames().map((name) => {
    let free = name;
    while (columns.includes(free)) free = `predicted_${free}`;
    return free;
  });
}

/** A text that a spreadsheet would run as a formula is made plain text. */
export function harmless(cell: string): string {
  return /^[=@\t\r]|^[+-](?!\d|\.\d)/.test(cell) ? `'${cell}` : cell;
}
