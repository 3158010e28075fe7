/** Reads a CSV file piece by piece, waiting for each piece to be dealt with. */

import Papa, { type ParseError } from 'papaparse';

/** One row of the file. */
export interface Line {
  cells: string[];
  /** The line of the file in which it begins, the first one being 1. */
  line: number;
  /** Why it cannot be a row, if it cannot. */
  fault?: string;
}

export interface Reader {
  /** Called once, with the names in the first line, and what stands between cells. */
  columns: (names: string[], delimiter: string) => void;
  /** Called with at most as many rows as asked for, and the share of the file read so far. */
  rows: (lines: Line[], progress: number) => Promise<void>;
}

const PIECE_BYTES = 512 * 1024;

/**
 * Read a file; the parser rests while a piece is dealt with, so that a large file needs no more
 * memory than its piece.
 *
 * @throws Error if the file cannot be read, or a quote is open longer than any row can be.
 */
export function readCsv(
  file: File,
  part: number,
  signal: AbortSignal,
  reader: Reader,
  encoding = 'utf-8',
): Promise<void> {
  let columns: string[] | null = null;
  let line = 1;
  let waiting: Line[] = [];
  let empty = 0;

  async function deal(progress: number, last: boolean): Promise<void> {
    while (waiting.length >= part || (last && waiting.length)) {
      if (signal.aborted) return;
      const next = waiting.slice(0, part);
      waiting = waiting.slice(part);
      await reader.rows(next, progress);
    }
  }

  function take(rows: string[][], errors: ParseError[], delimiter: string): void {
    const faults = new Map(errors.map((error) => [error.row ?? -1, error.code]));
    rows.forEach((cells, at) => {
      const begins = line;
      line += 1 + breaks(cells);
      if (cells.every((cell) => cell.trim() === '')) return;
      if (!columns) {
        columns = namesOf(cells);
        reader.columns(columns, delimiter);
        return;
      }
      const fault = faultOf(cells, begins, columns.length, faults.get(at));
      waiting.push({ cells, line: begins, ...(fault ? { fault } : {}) });
    });
  }

  return new Promise((resolve, reject) => {
    Papa.parse<string[]>(file, {
      chunkSize: PIECE_BYTES,
      encoding,
      chunk(results, parser) {
        parser.pause();
        const progress = file.size ? Math.min(1, results.meta.cursor / file.size) : 1;
        const deals = async (): Promise<void> => {
          // No row is as long as two pieces.
          empty = results.data.length ? 0 : empty + 1;
          if (empty > 1) throw new Error(unclosed(line));
          take(results.data, results.errors, results.meta.delimiter);
          await deal(progress, false);
        };
        deals().then(
          () => (signal.aborted ? parser.abort() : parser.resume()),
          (error: unknown) => {
            parser.abort();
            reject(error as Error);
          },
        );
      },
      complete() {
        if (signal.aborted) resolve();
        else deal(1, true).then(resolve, reject);
      },
      error: () => reject(new Error('The file cannot be read. Choose it again.')),
    });
  });
}

function namesOf(cells: string[]): string[] {
  const names = cells.map((name) => name.trim());
  // A comma at the end of the heading makes no column.
  while (names.length > 1 && names.at(-1) === '') names.pop();
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new Error(
      twice
        ? `The heading names the column ${twice} twice. Rename or remove one of them.`
        : 'The first line has columns without a name. It must name the columns as the template does.',
    );
  }
  return names;
}

function faultOf(
  cells: string[],
  line: number,
  wanted: number,
  code: ParseError['code'] | undefined,
): string | undefined {
  if (code === 'MissingQuotes') return unclosed(line + breaks(cells.slice(0, -1)));
  if (code === 'InvalidQuotes') {
    return 'A quote stands inside a quoted cell. Write it twice, or leave it out.';
  }
  while (cells.length > wanted && cells.at(-1)?.trim() === '') cells.pop();
  if (cells.length === wanted) return undefined;
  const has = cells.length === 1 ? '1 cell' : `${cells.length} cells`;
  return `The row has ${has}, and the heading names ${wanted} columns.`;
}

function unclosed(line: number): string {
  return `A quote is opened in line ${line} and not closed. Close it, or remove it.`;
}

/** How many line breaks stand inside cells. */
function breaks(cells: string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
}
