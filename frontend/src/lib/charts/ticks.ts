/** Round numbers that cover a range. */

export function ticks(low: number, high: number, about = 4): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => round((first + at) * step));
}

function round(value: number): number {
  return Number(value.toPrecision(12));
}

/** Stretches of known values, as lines are drawn through them: a missing one leaves a gap. */
export function stretches(values: (number | null)[]): { at: number; value: number }[][] {
  const lines: { at: number; value: number }[][] = [];
  let open = false;
  values.forEach((value, at) => {
    if (value === null) {
      open = false;
      return;
    }
    if (!open) lines.push([]);
    open = true;
    lines.at(-1)?.push({ at, value });
  });
  return lines;
}
