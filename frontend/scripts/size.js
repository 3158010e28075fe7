// Fails when what a browser loads before the first page shows is over the limit, compressed.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 150_000;
const dist = new URL('../dist/', import.meta.url);
const read = (name) => readFileSync(new URL(name, dist));
const size = (name) => gzipSync(read(name), { level: 6 }).length;

const manifest = JSON.parse(read('.vite/manifest.json').toString());
const first = new Set(['index.html']);
const visit = (key) => {
  const chunk = manifest[key];
  if (!chunk || first.has(chunk.file)) return;
  first.add(chunk.file);
  for (const style of chunk.css ?? []) first.add(style);
  for (const next of chunk.imports ?? []) visit(next);
};
visit('index.html');
// The page that opens first is loaded at once, too.
visit('src/pages/Predict.svelte');

let total = 0;
for (const name of first) {
  total += size(name);
  console.log(`${(size(name) / 1000).toFixed(1).padStart(7)} kB  ${name}`);
}
for (const chunk of Object.values(manifest)) {
  if (!first.has(chunk.file)) {
    console.log(`${(size(chunk.file) / 1000).toFixed(1).padStart(7)} kB  ${chunk.file} (later)`);
  }
}
console.log(`${(total / 1000).toFixed(1).padStart(7)} kB  first load, of ${LIMIT / 1000} kB`);
if (total > LIMIT) {
  console.error('The first load is too large: load more of it only where it is used.');
  process.exit(1);
}
