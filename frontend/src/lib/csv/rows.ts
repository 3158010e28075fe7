/** From the cells of a CSV file to rows, and from answers back to cells. */

import type { BatchResult, FieldProblem, Row } from '$lib/api/types';
import { task } from '$lib/task';
import type { Fit } from './columns';
import { ColumnReader, SAID, type Form } from './forms';
import type { Line } from './read';

/** Reads the lines of one file. */
export class RowReader {
  readonly #readers: (ColumnReader | null)[];
  readonly #names: string[];

  /** @param sample The file's first lines, by which forms are told. */
  constructor(fit: Fit, sample: Line[], delimiter: string) {
    this.#names = fit.fields.map((field) => field?.name ?? '');
    this.#readers = fit.fields.map((field, at) =>
      field
        ? new ColumnReader(
            field,
            sample.map((line) => line.cells[at] ?? ''),
            delimiter,
          )
        : null,
    );
  }

  /** Cells as the service takes them. */
  read(line: Line): Row {
    const row: Row = {};
    this.#readers.forEach((reader, at) => {
      if (reader) row[this.#names[at] ?? ''] = reader.read(line.cells[at] ?? '');
    });
    return row;
  }

  /** The forms that were recognised, in sentences. */
  get said(): string[] {
    return (Object.keys(SAID) as Form[]).flatMap((form) => {
      const names = this.#names.filter((_, at) => this.#readers[at]?.met.has(form));
      return names.length ? [`${SAID[form]}: ${names.join(', ')}.`] : [];
    });
  }
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
