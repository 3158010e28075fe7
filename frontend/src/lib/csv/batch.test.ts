import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import type { BatchAnswer, Row } from '$lib/api/types';
import { fields, parcels, truth } from '../../../tests/golden';
import { Batch, PART } from './batch.svelte';
import { answerColumns, harmless, toRow } from './rows';
import { predictionsCsv, templateCsv } from './write';

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
        ? { index, errors: [{ field: 'weight', message: 'weigh it', expected: '', received: '' }] }
        : { index, probability: 0.75, decision: true, warnings: [] },
    );
    const refused = results.filter((one) => 'errors' in one).length;
    const predicted = rows.length - refused;
    return Promise.resolve({
      model_version: '3',
      threshold: 0.5,
      predicted,
      refused,
      refusals: [],
      results,
    });
  };
}

describe('toRow', () => {
  it('gives cells the types of the schema, and leaves the rest for the service to refuse', () => {
    const cells = {
      day: '2020-01-06',
      depot: 'W',
      weight: '1e3',
      pieces: '2.0',
      carrier: 'NA',
      fragile: 'No',
      note: 'x',
    };
    expect(toRow(fields, cells)).toEqual({
      day: '2020-01-06T00:00:00',
      depot: 'W',
      weight: 1000,
      pieces: 2,
      carrier: null,
      fragile: false,
    });
  });
});

it('reads a contract’s own words for a truth, even one that often stands for nothing', () => {
  const gift = truth({ enum: [true, false] });
  const read = ['Wrapped', 'none', 'yes', ''].map((cell) => toRow([gift], { gift: cell }).gift);
  expect(read).toEqual([true, false, true, null]);
});

describe('Batch', () => {
  it('predicts a file and finds its problems by row and field', async () => {
    const service = new Service();
    const batch = new Batch(service.send);
    await batch.run(csv([HEAD, LINE, '2020-01-06,S,,1,van,,', LINE]), fields);
    expect(batch).toMatchObject({ phase: 'done', rows: 3, predicted: 2, refused: 1 });
    expect(batch.sums).toEqual({ yes: 2 });
    expect(batch.unknown).toEqual(['note']);
    expect(batch.problems).toMatchObject([{ row: 2, problem: { field: 'weight' } }]);
    expect(service.parts[0]?.[0]).toEqual({
      day: '2020-01-06T08:30:00',
      depot: 'N',
      weight: 2.5,
      pieces: 1,
      carrier: 'bike',
      fragile: true,
    });
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
  });

  it('sends smaller parts to a service that takes no more', async () => {
    const service = new Service(2);
    const batch = new Batch(service.send);
    await batch.run(csv([HEAD, LINE, LINE, LINE, LINE, LINE]), fields);
    expect(batch).toMatchObject({ phase: 'done', predicted: 5 });
    expect(batch.results.length).toBe(5);
  });

  it.each([
    [['weight', '2.5'], 'lacks columns that every row needs: day, depot, carrier'],
    [[HEAD], 'no rows'],
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

describe('files', () => {
  it('adds the answers after the file’s own columns', () => {
    const text = predictionsCsv(
      ['depot', 'note'],
      [
        { depot: 'N', note: 'a, b' },
        { depot: 'W', note: '' },
      ],
      [
        {
          index: 0,
          probability: 0.25,
          decision: false,
          warnings: [{ field: 'carrier', kind: 'unseen', message: 'new' }],
        },
        {
          index: 1,
          errors: [{ field: 'depot', message: 'not known', expected: '', received: 'W' }],
        },
      ],
    );
    expect(text.split('\n')).toEqual([
      'depot,note,probability,decision,warnings,errors',
      'N,"a, b",0.25,false,carrier: new,',
      'W,,,,,depot: not known',
    ]);
  });

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
