/** CSV files for download. */

import Papa from 'papaparse';
import type { BatchResult, Row } from '$lib/api/types';
import type { Field } from '$lib/schema/fields';
import { task } from '$lib/task';
import { answerCells, answerColumns, harmless, type Cells } from './rows';

/** A file's own columns with the answers after them. */
export function predictionsCsv(columns: string[], cells: Cells[], results: BatchResult[]): string {
  const data = cells.map((row, at) => [
    ...columns.map((name) => row[name] ?? ''),
    ...cellsOf(results[at]).map(harmless),
  ]);
  return Papa.unparse({ fields: [...columns, ...answerColumns(columns)], data }, { newline: '\n' });
}

function cellsOf(result: BatchResult | undefined): string[] {
  return result ? answerCells(result) : [...task.COLUMNS.map(() => ''), '', 'not predicted'];
}

/** A file to fill in: the columns that the model takes, with its examples as rows. */
export function templateCsv(fields: Field[], examples: Row[]): string {
  const names = fields.map((field) => field.name);
  const data = examples.map((row) => names.map((name) => row[name] ?? ''));
  return Papa.unparse({ fields: names, data }, { newline: '\n' });
}
