/** A CSV file on its way through the service, part by part. */

import type { BatchAnswer, BatchResult, Row } from '$lib/api/types';
import { Problem, asError, isAborted } from '$lib/api/problem';
import type { Field } from '$lib/schema/fields';
import { task } from '$lib/task';
import { encodingOf } from './checks';
import { fit, type Fit } from './columns';
import { Outcome } from './outcome';
import { readCsv, type Line } from './read';
import { Refusals, type Reason } from './refusals';
import { RowReader, answerColumns } from './rows';

export type BatchPhase = 'idle' | 'running' | 'done' | 'canceled' | 'failed';

/** Rows a request: few enough for the progress to move, many enough for speed. */
export const PART = 2_500;

type Send = (rows: Row[], signal: AbortSignal) => Promise<BatchAnswer>;

const NO_FIT: Fit = { fields: [], renamed: [], unknown: [], absent: [] };

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
  reasons = $state.raw<Reason[]>([]);
  /** What was recognised in the file, in sentences. */
  said = $state.raw<string[]>([]);
  error = $state.raw<Error | null>(null);
  fit = $state.raw<Fit>(NO_FIT);
  outcome = $state.raw(new Outcome());

  readonly #send: Send;
  #part = PART;
  #abort: AbortController | null = null;
  #refusals = new Refusals();
  #reader: RowReader | null = null;
  #delimiter = ',';

  constructor(send: Send) {
    this.#send = send;
  }

  /** Predict every row of a file. */
  async run(file: File, fields: Field[]): Promise<void> {
    this.clear();
    const abort = (this.#abort = new AbortController());
    this.phase = 'running';
    this.name = file.name;
    try {
      const encoding = await encodingOf(file);
      const reader = {
        columns: (columns: string[], delimiter: string) => this.#begin(columns, fields, delimiter),
        rows: async (lines: Line[], progress: number) => {
          this.#reader ??= new RowReader(this.fit, lines, this.#delimiter);
          await this.#answer(lines, fields, abort.signal);
          this.progress = progress;
        },
      };
      await readCsv(file, PART, abort.signal, reader, encoding);
      if (abort.signal.aborted) return;
      if (!this.rows) {
        const what = this.columns.length ? 'has a heading and no rows' : 'is empty';
        throw new Error(`The file ${what}.`);
      }
      this.said = [...saidOf(encoding), ...(this.#reader?.said ?? [])];
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
    this.reasons = [];
    this.said = [];
    this.error = null;
    this.fit = NO_FIT;
    this.outcome = new Outcome();
    this.#refusals = new Refusals();
    this.#reader = null;
  }

  /** The file with the answers, for the reader to keep. */
  file(): Blob {
    return this.outcome.file([...this.columns, ...answerColumns(this.columns)]);
  }

  #begin(columns: string[], fields: Field[], delimiter: string): void {
    this.columns = columns;
    this.#delimiter = delimiter;
    this.fit = fit(fields, columns);
    const needed = this.fit.absent.filter((field) => field.required);
    if (needed.length) {
      const names = needed.map((field) => field.name).join(', ');
      throw new Error(
        `The file lacks columns that every row needs: ${names}. Its first line must name the ` +
          `columns as the template does.`,
      );
    }
  }

  async #answer(lines: Line[], fields: Field[], signal: AbortSignal): Promise<void> {
    for (let start = 0; start < lines.length;) {
      const part = lines.slice(start, start + this.#part);
      const sound = part.filter((line) => !line.fault);
      try {
        const rows = sound.map((line) => this.#reader?.read(line) ?? {});
        const answer = rows.length ? await this.#send(rows, signal) : null;
        if (answer) this.#refusals.answered(answer, sound, fields);
        this.#record(part, answer);
        start += part.length;
      } catch (error) {
        // The service is set up for smaller requests than these.
        if (!(error instanceof Problem && error.status === 413) || part.length === 1) throw error;
        this.#part = Math.ceil(part.length / 2);
      }
    }
  }

  #record(part: Line[], answer: BatchAnswer | null): void {
    const sums = { ...this.sums };
    let warned = 0;
    for (const result of answer?.results ?? []) {
      if ('errors' in result) continue;
      if (result.warnings.length) warned += 1;
      for (const [name, amount] of Object.entries(task.counted(result))) {
        sums[name] = (sums[name] ?? 0) + amount;
      }
    }
    const unread = part.filter((line) => line.fault);
    unread.forEach((line) => this.#refusals.unreadable(line));
    this.outcome.add(part, inPlace(part, answer?.results ?? []), this.columns.length);
    this.sums = sums;
    this.reasons = this.#refusals.list;
    this.warned += warned;
    this.predicted += answer?.predicted ?? 0;
    this.refused += (answer?.refused ?? 0) + unread.length;
    this.version = answer?.model_version ?? this.version;
    this.rows += part.length;
  }
}

/** Each line's result; none for those that were not sent. */
function inPlace(part: Line[], results: BatchResult[]): (BatchResult | undefined)[] {
  let sent = 0;
  const byIndex = new Map(results.map((result) => [result.index, result]));
  return part.map((line) => (line.fault ? undefined : byIndex.get(sent++)));
}

function saidOf(encoding: string): string[] {
  return encoding === 'utf-8' ? [] : [`The text was read as ${encoding}.`];
}
