/**
 * The rows of a file with their answers, in little memory: the rows themselves are kept as text in
 * blobs, which browsers put on disk, and here only what is sorted, filtered and counted by.
 */

import Papa from 'papaparse';
import type { BatchResult } from '$lib/api/types';
import { task } from '$lib/task';
import type { Line } from './read';
import { answerCells, harmless } from './rows';

export type Status = 'predicted' | 'warned' | 'refused';
const STATUSES: Status[] = ['predicted', 'warned', 'refused'];

export interface Shown {
  line: number;
  status: Status;
  cells: string[];
  /** The cells that the answer adds. */
  added: string[];
}

export type Order = 'file' | 'up' | 'down';

export class Outcome {
  readonly #parts: Blob[] = [];
  /** The first row of each part. */
  readonly #starts: number[] = [];
  readonly #groups: string[] = [];
  #levels = new Float64Array(1024);
  #lines = new Uint32Array(1024);
  #marks = new Uint8Array(1024);
  #groupOf = new Uint16Array(1024);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** What rows can be filtered by beside their status: the decisions or classes that there are. */
  get groups(): string[] {
    return this.#groups;
  }

  /** @param width How many columns the file has. */
  add(lines: Line[], results: (BatchResult | undefined)[], width: number): void {
    this.#grow(this.#rows + lines.length);
    this.#starts.push(this.#rows);
    const data = lines.map((line, at) => {
      const result = results[at];
      this.#count(line, result);
      const added = result
        ? answerCells(result)
        : [...task.COLUMNS.map(() => ''), '', line.fault ?? 'not predicted'];
      // What the answer adds stands in its columns, also after a short or a long row.
      const own = Array.from({ length: width }, (_, at) => line.cells[at] ?? '');
      return [...own, ...added.map(harmless)];
    });
    this.#parts.push(new Blob([`${Papa.unparse(data, { newline: '\n' })}\n`]));
  }

  /** The whole file: a heading, and every row with what its answer adds. */
  file(heading: string[]): Blob {
    const first = `${Papa.unparse([heading], { newline: '\n' })}\n`;
    return new Blob([first, ...this.#parts], { type: 'text/csv;charset=utf-8' });
  }

  /** The places of rows, filtered and in an order by prediction; rows without one come last. */
  places(filter: string, order: Order): Uint32Array {
    const status = STATUSES.indexOf(filter as Status);
    const group = filter.startsWith('=') ? this.#groups.indexOf(filter.slice(1)) + 1 : 0;
    const places = new Uint32Array(this.#rows);
    let count = 0;
    for (let at = 0; at < this.#rows; at++) {
      const mark = this.#marks[at] ?? 0;
      const fits =
        group > 0
          ? this.#groupOf[at] === group
          : status < 0 || mark === status || (status === 0 && mark < 2);
      if (fits) places[count++] = at;
    }
    const found = places.slice(0, count);
    if (order === 'file') return found;
    const sign = order === 'up' ? 1 : -1;
    const level = (at: number): number => this.#levels[at] ?? NaN;
    return found.sort((one, other) => {
      const [a, b] = [level(one), level(other)];
      if (Number.isNaN(a) || Number.isNaN(b))
        return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return sign * (a - b) || one - other;
    });
  }

  /** Some rows in full, read again from where they are kept. */
  async show(places: Iterable<number>): Promise<Shown[]> {
    const read = new Map<number, string[][]>();
    const shown: Shown[] = [];
    for (const place of places) {
      const part = this.#partOf(place);
      if (!read.has(part)) {
        const text = await (this.#parts[part] ?? new Blob()).text();
        read.set(part, Papa.parse<string[]>(text.trimEnd(), { delimiter: ',' }).data);
      }
      const cells = read.get(part)?.[place - (this.#starts[part] ?? 0)] ?? [];
      const own = cells.length - task.COLUMNS.length - 2;
      shown.push({
        line: this.#lines[place] ?? 0,
        status: STATUSES[this.#marks[place] ?? 0] ?? 'predicted',
        cells: cells.slice(0, own),
        added: cells.slice(own),
      });
    }
    return shown;
  }

  /** How many predicted rows lie in each of some bins, by their edges. */
  histogram(edges: number[]): number[] {
    const counts = new Array<number>(edges.length - 1).fill(0);
    for (let at = 0; at < this.#rows; at++) {
      const level = this.#levels[at] ?? NaN;
      if (Number.isNaN(level)) continue;
      let bin = counts.length - 1;
      while (bin > 0 && level < (edges[bin] ?? 0)) bin--;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  }

  /** The smallest and largest prediction; nothing where there is none. */
  range(): [number, number] | null {
    let [low, high] = [Infinity, -Infinity];
    for (const level of this.#levels.subarray(0, this.#rows)) {
      if (level < low) low = level;
      if (level > high) high = level;
    }
    return low <= high ? [low, high] : null;
  }

  #count(line: Line, result: BatchResult | undefined): void {
    const at = this.#rows++;
    this.#lines[at] = line.line;
    if (!result || 'errors' in result) {
      this.#levels[at] = NaN;
      this.#marks[at] = 2;
      return;
    }
    this.#levels[at] = task.level(result);
    this.#marks[at] = result.warnings.length ? 1 : 0;
    const group = task.group(result);
    if (group === null) return;
    if (!this.#groups.includes(group)) this.#groups.push(group);
    this.#groupOf[at] = this.#groups.indexOf(group) + 1;
  }

  #partOf(place: number): number {
    let part = this.#starts.length - 1;
    while (part > 0 && place < (this.#starts[part] ?? 0)) part--;
    return part;
  }

  #grow(rows: number): void {
    if (rows <= this.#lines.length) return;
    const room = Math.max(rows, this.#lines.length * 2);
    this.#levels = moved(this.#levels, new Float64Array(room));
    this.#lines = moved(this.#lines, new Uint32Array(room));
    this.#marks = moved(this.#marks, new Uint8Array(room));
    this.#groupOf = moved(this.#groupOf, new Uint16Array(room));
  }
}

function moved<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
