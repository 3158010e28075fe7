/** A CSV file on its way through the service, part by part. */

import type { BatchAnswer, BatchResult, FieldProblem, Row } from '$lib/api/types';
import { Problem, asError, isAborted } from '$lib/api/problem';
import type { Field } from '$lib/schema/fields';
import { task } from '$lib/task';
import { readCsv } from './read';
import { fit, toRow, type Cells } from './rows';

export type BatchPhase = 'idle' | 'running' | 'done' | 'canceled' | 'failed';

/** Rows a request: few enough for the progress to move, many enough for speed. */
export const PART = 2_500;

export interface RowProblem {
  /** The row's number in the file, the first one after the heading being 1. */
  row: number;
  problem: FieldProblem;
}

type Send = (rows: Row[], signal: AbortSignal) => Promise<BatchAnswer>;

const SHOWN_PROBLEMS = 200;

export class Batch {
  phase = $state<BatchPhase>('idle');
  name = $state('');
  columns = $state.raw<string[]>([]);
  /** Share of the file that has been read and answered. */
  progress = $state(0);
  rows = $state(0);
  predicted = $state(0);
  refused = $state(0);
  warned = $state(0);
  /** What the task counts of the predictions, summed up. */
  sums = $state.raw<Record<string, number>>({});
  version = $state('');
  problems = $state.raw<RowProblem[]>([]);
  error = $state.raw<Error | null>(null);
  /** Every row of the file, with its answer at the same place in `results`. */
  cells: Cells[] = [];
  results: BatchResult[] = [];

  readonly #send: Send;
  #part = PART;
  #abort: AbortController | null = null;

  constructor(send: Send) {
    this.#send = send;
  }

  get unknown(): string[] {
    return this.#fit.unknown;
  }

  get absent(): Field[] {
    return this.#fit.absent;
  }

  #fit = $state.raw<ReturnType<typeof fit>>({ unknown: [], absent: [] });

  /** Predict every row of a file. */
  async run(file: File, fields: Field[]): Promise<void> {
    this.clear();
    const abort = (this.#abort = new AbortController());
    this.phase = 'running';
    this.name = file.name;
    try {
      await readCsv(file, PART, abort.signal, {
        columns: (columns) => this.#begin(columns, fields),
        rows: async (cells, progress) => {
          await this.#answer(cells, fields, abort.signal);
          this.progress = progress;
        },
      });
      if (abort.signal.aborted) return;
      if (!this.rows) throw new Error('The file has a heading and no rows.');
      this.phase = 'done';
    } catch (error) {
      if (abort.signal.aborted || isAborted(error)) return;
      this.error = asError(error);
      this.phase = 'failed';
    }
  }

  cancel(): void {
    if (this.phase !== 'running') return;
    this.#abort?.abort();
    this.phase = 'canceled';
  }

  clear(): void {
    this.#abort?.abort();
    this.phase = 'idle';
    this.name = this.version = '';
    this.progress = this.rows = this.predicted = this.refused = this.warned = 0;
    this.sums = {};
    this.columns = [];
    this.problems = [];
    this.cells = [];
    this.results = [];
    this.error = null;
    this.#fit = { unknown: [], absent: [] };
  }

  #begin(columns: string[], fields: Field[]): void {
    this.columns = columns;
    this.#fit = fit(fields, columns);
    const needed = this.#fit.absent.filter((field) => field.required);
    if (needed.length) {
      const names = needed.map((field) => field.name).join(', ');
      throw new Error(
        `The file lacks columns that every row needs: ${names}. Its first line must name the ` +
          `columns as the template does.`,
      );
    }
  }

  async #answer(cells: Cells[], fields: Field[], signal: AbortSignal): Promise<void> {
    for (let start = 0; start < cells.length;) {
      const part = cells.slice(start, start + this.#part);
      try {
        const answer = await this.#send(
          part.map((cells) => toRow(fields, cells)),
          signal,
        );
        this.#record(part, answer);
        start += part.length;
      } catch (error) {
        // The service is set up for smaller requests than these.
        if (!(error instanceof Problem && error.status === 413) || part.length === 1) throw error;
        this.#part = Math.ceil(part.length / 2);
      }
    }
  }

  #record(part: Cells[], answer: BatchAnswer): void {
    const before = this.rows;
    const problems: RowProblem[] = [];
    const sums = { ...this.sums };
    for (const result of answer.results) {
      this.results[before + result.index] = result;
      if ('errors' in result) {
        const row = before + result.index + 1;
        problems.push(...result.errors.map((problem) => ({ row, problem })));
      } else {
        if (result.warnings.length) this.warned += 1;
        for (const [name, amount] of Object.entries(task.counted(result))) {
          sums[name] = (sums[name] ?? 0) + amount;
        }
      }
    }
    this.sums = sums;
    this.cells.push(...part);
    this.problems = [...this.problems, ...problems].slice(0, SHOWN_PROBLEMS);
    this.predicted += answer.predicted;
    this.refused += answer.refused;
    this.version = answer.model_version;
    this.rows = before + part.length;
  }
}
