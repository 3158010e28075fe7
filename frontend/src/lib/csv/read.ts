/** Reads a CSV file piece by piece, waiting for each piece to be dealt with. */

import Papa from 'papaparse';
import type { Cells } from './rows';

export interface Reader {
  /** Called once, with the names in the first line. */
  columns: (names: string[]) => void;
  /** Called with at most as many rows as asked for, and the share of the file read so far. */
  rows: (cells: Cells[], progress: number) => Promise<void>;
}

const PIECE_BYTES = 512 * 1024;

/**
 * Read a file; the parser rests while a piece is dealt with, so that a large file needs no more
 * memory than its rows.
 */
export function readCsv(
  file: File,
  part: number,
  signal: AbortSignal,
  reader: Reader,
): Promise<void> {
  let began = false;
  let waiting: Cells[] = [];

  async function deal(columns: string[], cells: Cells[], progress: number, last: boolean) {
    if (!began && columns.length) {
      began = true;
      reader.columns(columns);
    }
    waiting.push(...cells);
    while (waiting.length >= part || (last && waiting.length)) {
      if (signal.aborted) return;
      const next = waiting.slice(0, part);
      waiting = waiting.slice(part);
      await reader.rows(next, progress);
    }
  }

  return new Promise((resolve, reject) => {
    Papa.parse<Cells>(file, {
      header: true,
      skipEmptyLines: 'greedy',
      chunkSize: PIECE_BYTES,
      transformHeader: (name) => name.trim(),
      chunk(results, parser) {
        parser.pause();
        const progress = file.size ? Math.min(1, results.meta.cursor / file.size) : 1;
        deal(results.meta.fields ?? [], results.data, progress, false).then(
          () => (signal.aborted ? parser.abort() : parser.resume()),
          (error: unknown) => {
            parser.abort();
            reject(error as Error);
          },
        );
      },
      complete() {
        if (signal.aborted) resolve();
        else deal([], [], 1, true).then(resolve, reject);
      },
      error: () => reject(new Error('The file cannot be read. Choose it again.')),
    });
  });
}
