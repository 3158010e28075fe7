/** What can be told of a file before it is read. */

/** From more bytes on a browser is the wrong tool: it would be busy for many minutes. */
export const MOST_BYTES = 250_000_000;

const LOOKED_AT = 256 * 1024;

/** A file that this page cannot take, and the command that can. */
export class NotHere extends Error {
  readonly command: string;

  constructor(message: string, file: string) {
    super(message);
    this.name = 'NotHere';
    this.command = `kedro weekly score ${quoted(file)} ${quoted(`${stem(file)}-predictions.csv`)}`;
  }
}

/**
 * The encoding of a file's text.
 *
 * @throws NotHere if it is too large, or a workbook or another binary file.
 */
export async function encodingOf(file: File): Promise<string> {
  if (file.size > MOST_BYTES) {
    const size = `${Math.round(file.size / 1e6).toLocaleString('en-US')} MB`;
    throw new NotHere(
      `The file has ${size}, and this page takes ${MOST_BYTES / 1e6} MB. In the project’s folder, ` +
        `this command predicts a file of any size:`,
      file.name,
    );
  }
  const start = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
  if (isWorkbook(start) || /\.xlsx?$/i.test(file.name)) {
    throw new NotHere(
      'This is an Excel workbook. Save its sheet as “CSV UTF-8” in Excel and choose that file; or, ' +
        'in the project’s folder, this command reads the workbook as it is:',
      file.name,
    );
  }
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start.includes(0)) {
    throw new NotHere(
      'This is not a text file. If it is a table of another kind, such as Parquet, this command ' +
        'reads it in the project’s folder:',
      file.name,
    );
  }
  try {
    // The last letter may be cut in two.
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** Workbooks are ZIP archives, old ones compound files. */
function isWorkbook(start: Uint8Array): boolean {
  const [a, b, c, d] = start;
  return (
    (a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04) ||
    (a === 0xd0 && b === 0xcf && c === 0x11 && d === 0xe0)
  );
}

/** A file's name without its ending. */
export function stem(name: string): string {
  return name.replace(/\.[^.]*$/, '') || 'rows';
}

/** A name as a shell takes it. */
function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`;
}
