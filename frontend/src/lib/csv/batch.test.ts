import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import type { BatchAnswer, Row } from '$lib/api/types';
import { field, fields, parcels, truth } from '../../../tests/golden';
import { Batch, PART } from './batch.svelte';
import { MOST_BYTES, NotHere, encodingOf } from './checks';
import { fit } from './columns';
import { ColumnReader } from './forms';
import { RowReader, answerColumns, harmless } from './rows';
import { templateCsv } from './write';

function csv(lines: string[]): File {
  return new File([lines.join('\n')], 'parcels.csv', { type: 'text/csv' });
}

const HEAD = 'day,depot,weight,pieces,carrier,fragile,note';
const LINE = '2020-01-06 08:30,N,2.5,1,bike,true,"a, b"';

/** Refuses rows of no weight, and remembers how it was asked. */
class Service {
  readonly parts: Row[][] = [];
  constructor(readonly most = 10_000) {}

  readonly send = (rows: Row[]): Promise<BatchAnswer> => {
    if (rows.length > this.most) return Promise.reject(new Problem(413));
    this.parts.push(rows);
    const results = rows.map((row, index) =>
      row['weight'] === null
        ? {
            index,
            errors: [
              {
                field: 'weight',
                message: 'weigh it',
                expected: 'a number, 0 to 100 kg',
                received: 'null',
                suggestions: ['0'],
              },
            ],
          }
        : { index, probability: 0.75, decision: true, warnings: [] },
    );
    const refused = results.filter((one) => 'errors' in one).length;
    const predicted = rows.length - refused;
    return Promise.resolve({
      model_version: '3',
      threshold: 0.5,
      predicted,
      refused,
      refusals: refused
        ? [{ field: 'weight', expected: 'a number, 0 to 100 kg', rows: refused, first: [0] }]
        : [],
      results,
    });
  };
}

/** A column's cells as the service gets them, and the forms that were met. */
function read(name: string, cells: string[], delimiter = ',') {
  const reader = new ColumnReader(field(name), cells, delimiter);
  return { values: cells.map((cell) => reader.read(cell)), met: [...reader.met] };
}

describe('the forms of values', () => {
  it('are those of the schema, and what cannot be read is left for the service to refuse', () => {
    const columns = ['day', 'depot', 'weight', 'pieces', 'carrier', 'fragile', 'note'];
    const cells = ['2020-01-06', 'W', '1e3', '2.0', 'NA', 'No', 'x'];
    const reader = new RowReader(fit(fields, columns), [{ cells, line: 2 }], ',');
    expect(reader.read({ cells, line: 2 })).toEqual({
      day: '2020-01-06T00:00:00',
      depot: 'W',
      weight: 1000,
      pieces: 2,
      carrier: null,
      fragile: false,
    });
    expect(reader.said).toEqual(['Words such as yes and no were read as true and false: fragile.']);
  });

  it.each([
    [['2,5', '10'], ',', [2.5, 10], ['comma']],
    [['2,5', '1,234'], ',', [2.5, 1.234], ['comma']],
    [['1,234', '2'], ',', [1234, 2], ['thousands']],
    [['1,234', '2'], ';', [1.234, 2], ['comma']],
    [['1.234,56'], ';', [1234.56], ['comma']],
    [['1,234.56'], ',', [1234.56], ['thousands']],
    [['1 234,5'], ';', [1234.5], ['comma']],
    [['1,234,567'], ';', [1234567], ['thousands']],
    [['1.234.567'], ',', [1234567], ['thousands']],
    [['2.5', '-.5', '1e3'], ',', [2.5, -0.5, 1000], []],
    [['2,5x', 'many', '1,2,3'], ',', ['2,5x', 'many', '1,2,3'], []],
  ])('numbers such as %o with "%s" between cells', (cells, delimiter, values, met) => {
    expect(read('weight', cells, delimiter)).toEqual({ values, met });
  });

  it.each([
    [['31.12.2020 8:30'], ['2020-12-31T08:30:00'], ['day-first']],
    [['31/12/2020', '01/02/2020'], ['2020-12-31T00:00:00', '2020-02-01T00:00:00'], ['day-first']],
    [
      ['12/31/2020 6:05 PM', '1/2/2020'],
      ['2020-12-31T18:05:00', '2020-01-02T00:00:00'],
      ['month-first'],
    ],
    [['12/31/2020 12:05 AM'], ['2020-12-31T00:05:00'], ['month-first']],
    [['43836.354166667'], ['2020-01-06T08:30:00'], ['serial']],
    [['1/2/2020'], ['1/2/2020'], ['either-way']],
    [
      ['2020/12/31 8:30', '2020.1.2', '2020-1-2 6:05 PM', '2020-01-02'],
      ['2020-12-31T08:30:00', '2020-01-02T00:00:00', '2020-01-02T18:05:00', '2020-01-02T00:00:00'],
      ['year-first'],
    ],
    [['2020-01-06T08:30'], ['2020-01-06T08:30:00'], []],
  ])('times such as %o', (cells, values, met) => {
    expect(read('day', cells)).toEqual({ values, met });
  });

  it('are a contract’s own words for a truth, even one that often stands for nothing', () => {
    const gift = new ColumnReader(truth({ enum: [true, false] }), [], ',');
    expect(['Wrapped', 'none', 'yes', ''].map((cell) => gift.read(cell))).toEqual([
      true,
      false,
      true,
      null,
    ]);
  });
});

describe('columns', () => {
  it('are found in any case, by any separator, and by title', () => {
    const some = [field('day'), field('weight', { name: 'net_weight', title: 'Weight of all' })];
    const found = fit(some, ['DAY', 'Net Weight', 'other']);
    expect(found.renamed.map(({ column, field }) => [column, field.name])).toEqual([
      ['DAY', 'day'],
      ['Net Weight', 'net_weight'],
    ]);
    expect(found.unknown).toEqual(['other']);
    expect(fit(some, ['weight of all']).fields[0]?.name).toBe('net_weight');
  });

  it('are taken once, by the name that is right', () => {
    const found = fit([field('day')], ['DAY', 'day']);
    expect(found.fields.map((one) => one?.name)).toEqual([undefined, 'day']);
  });
});

describe('files that are not for this page', () => {
  it.each([
    [
      'workbook.xlsx',
      [0x50, 0x4b, 3, 4],
      'kedro weekly score workbook.xlsx workbook-predictions.csv',
    ],
    ['old book.xls', [1], "kedro weekly score 'old book.xls' 'old book-predictions.csv'"],
    ['table.parquet', [0x50, 0x41, 0, 0x31], 'kedro weekly score table.parquet'],
  ])('are told by name and content: %s', async (name, bytes, command) => {
    const error: unknown = await encodingOf(new File([new Uint8Array(bytes)], name)).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(NotHere);
    expect((error as NotHere).command).toContain(command);
  });

  it('are told before they are read where they are too large', async () => {
    const file = Object.defineProperty(csv([HEAD]), 'size', { value: MOST_BYTES + 1 });
    const service = new Service();
    const batch = new Batch(service.send);
    await batch.run(file, fields);
    expect(batch.error).toBeInstanceOf(NotHere);
    expect(service.parts).toEqual([]);
  });

  it('are read in the encoding that they have', async () => {
    expect(await encodingOf(csv(['Zürich']))).toBe('utf-8');
    expect(await encodingOf(new File([new Uint8Array([0x5a, 0xfc])], 'a.csv'))).toBe(
      'windows-1252',
    );
    expect(await encodingOf(new File([new Uint8Array([0xff, 0xfe])], 'a.csv'))).toBe('utf-16le');
  });
});

describe('Batch', () => {
  it('predicts a file and finds its problems by line and reason', async () => {
    const service = new Service();
    const batch = new Batch(service.send);
    await batch.run(csv([HEAD, LINE, '', '2020-01-06,S,,1,van,,', LINE]), fields);
    expect(batch).toMatchObject({ phase: 'done', rows: 3, predicted: 2, refused: 1 });
    expect(batch.sums).toEqual({ yes: 2 });
    expect(batch.fit.unknown).toEqual(['note']);
    expect(batch.reasons).toMatchObject([
      {
        text: 'Weight must be a number, 0 to 100 kg',
        rows: 1,
        received: [{ value: 'null', meant: ['0'] }],
      },
    ]);
    expect(service.parts[0]?.[0]).toEqual({
      day: '2020-01-06T08:30:00',
      depot: 'N',
      weight: 2.5,
      pieces: 1,
      carrier: 'bike',
      fragile: true,
    });
  });

  it('counts the file’s own lines, and does not send what is no row', async () => {
    const service = new Service();
    const batch = new Batch(service.send);
    const two = '2020-01-06,N,2.5,1,bike,true,"a\nb"';
    await batch.run(
      csv([
        HEAD,
        two,
        '2020-01-06,N,2.5',
        `${LINE},extra`,
        `${LINE},,`,
        LINE,
        `${LINE.slice(0, -1)}`,
      ]),
      fields,
    );
    expect(batch).toMatchObject({ rows: 6, predicted: 3, refused: 3 });
    expect(batch.reasons.map(({ text, lines }) => [text, lines])).toEqual([
      ['The row has 3 cells, and the heading names 7 columns.', [4]],
      ['The row has 8 cells, and the heading names 7 columns.', [5]],
      ['A quote is opened in line 8 and not closed. Close it, or remove it.', [8]],
    ]);
    expect((await batch.outcome.show([0, 1, 4])).map(({ line, status }) => [line, status])).toEqual(
      [
        [2, 'predicted'],
        [4, 'refused'],
        [7, 'predicted'],
      ],
    );
  });

  it('ends where a quote is open longer than any row', async () => {
    const batch = new Batch(new Service().send);
    const tail = Array.from({ length: 60_000 }, () => LINE.replaceAll('"', ''));
    await batch.run(csv([HEAD, LINE, `${LINE.slice(0, -6)}"a`, ...tail]), fields);
    expect(batch.phase).toBe('failed');
    expect(batch.error?.message).toContain('A quote is opened in line 3 and not closed');
  });

  it('sends a large file in parts, each row once and in order', async () => {
    const service = new Service();
    const batch = new Batch(service.send);
    const lines = Array.from(
      { length: PART * 2 + 7 },
      (_, at) => `2020-01-06,N,${at % 100},1,van,,`,
    );
    await batch.run(csv([HEAD, ...lines]), fields);
    expect(service.parts.map((part) => part.length)).toEqual([PART, PART, 7]);
    expect(service.parts.flat().map((row) => row['weight'])).toEqual(
      lines.map((_, at) => at % 100),
    );
    expect(batch.progress).toBe(1);
    const last = PART * 2 + 6;
    expect(
      (await batch.outcome.show([PART, last])).map(({ line, cells }) => [line, cells[2]]),
    ).toEqual([
      [PART + 2, '0'],
      [last + 2, String(last % 100)],
    ]);
  });

  it('sends smaller parts to a service that takes no more', async () => {
    const service = new Service(2);
    const batch = new Batch(service.send);
    await batch.run(csv([HEAD, LINE, LINE, LINE, LINE, LINE]), fields);
    expect(batch).toMatchObject({ phase: 'done', predicted: 5 });
    expect(batch.outcome.rows).toBe(5);
  });

  it.each([
    [['weight', '2.5'], 'lacks columns that every row needs: day, depot, carrier'],
    [[HEAD], 'heading and no rows'],
    [[''], 'is empty'],
    [['', ' ', ''], 'is empty'],
    [[LINE.replace('2.5,1', ',')], 'must name the columns'],
    [[`${HEAD},weight`, LINE], 'names the column weight twice'],
    [['day,,,weight', LINE], 'columns without a name'],
  ])('says what is wrong with a file of %s', async (lines, words) => {
    const batch = new Batch(new Service().send);
    await batch.run(csv(lines), fields);
    expect(batch.phase).toBe('failed');
    expect(batch.error?.message).toContain(words);
  });

  it('stops when it is canceled, and keeps what it has', async () => {
    const service = new Service();
    const batch: Batch = new Batch((rows) => {
      if (service.parts.length === 1) batch.cancel();
      return service.send(rows);
    });
    const lines = Array.from({ length: PART * 3 }, () => LINE);
    await batch.run(csv([HEAD, ...lines]), fields);
    expect(batch.phase).toBe('canceled');
    expect(service.parts.length).toBeLessThan(3);
  });
});

describe('the outcome', () => {
  async function predicted(): Promise<Batch> {
    const batch = new Batch((rows) =>
      Promise.resolve({
        model_version: '3',
        threshold: 0.5,
        predicted: 3,
        refused: 1,
        refusals: [],
        results: rows.map((row, index) =>
          row['weight'] === null
            ? {
                index,
                errors: [{ field: 'weight', message: 'weigh it', expected: '', received: '' }],
              }
            : {
                index,
                probability: Number(row['weight']) / 10,
                decision: Number(row['weight']) > 5,
                warnings: index
                  ? []
                  : [{ field: 'carrier', kind: 'unseen' as const, message: 'new' }],
              },
        ),
      }),
    );
    const rows = ['2', '', '9', '4'].map((weight) => `2020-01-06,N,${weight},1,van,,"=a, b"`);
    await batch.run(csv([HEAD, ...rows]), fields);
    return batch;
  }

  it.each([
    ['', 'file', [0, 1, 2, 3]],
    ['', 'down', [2, 3, 0, 1]],
    ['', 'up', [0, 3, 2, 1]],
    ['predicted', 'file', [0, 2, 3]],
    ['warned', 'file', [0]],
    ['refused', 'file', [1]],
    ['=no', 'up', [0, 3]],
  ] as const)('filtered by "%s" in the order %s has the rows %o', async (filter, order, places) => {
    const { outcome } = await predicted();
    expect([...outcome.places(filter, order)]).toEqual(places);
  });

  it('is spread over bins', async () => {
    const { outcome } = await predicted();
    expect(outcome.groups).toEqual(['no', 'yes']);
    expect(outcome.range()).toEqual([0.2, 0.9]);
    expect(outcome.histogram([0, 0.25, 0.5, 1])).toEqual([1, 1, 1]);
  });

  it('adds the answers after the file’s own columns', async () => {
    const batch = await predicted();
    const lines = (await batch.file().text()).trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      `${HEAD},probability,decision,warnings,errors`,
      '2020-01-06,N,2,1,van,,"=a, b",0.2,false,carrier: new,',
      '2020-01-06,N,,1,van,,"=a, b",,,,weight: weigh it',
    ]);
  });
});

describe('names and formulas', () => {
  it('gives a template that it reads as it is', async () => {
    const service = new Service();
    const text = templateCsv(fields, parcels.examples ?? []);
    await new Batch(service.send).run(csv(text.split('\n')), fields);
    expect(service.parts[0]).toEqual(parcels.examples);
  });

  it('takes no column’s name twice, and makes formulas plain text', () => {
    expect(answerColumns(['errors'])).toEqual([
      'probability',
      'decision',
      'warnings',
      'predicted_errors',
    ]);
    expect(harmless('=1+1')).toBe("'=1+1");
    expect(harmless('-0.5')).toBe('-0.5');
  });
});
