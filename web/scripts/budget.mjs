/** The responder page must load on a weak network: all it needs is weighed, as it travels (gzip). */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 90;
const root = fileURLToPath(new URL("../../adapters/web/static", import.meta.url));

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

let total_kb = 0;
for (const path of files(root)) {
  const kb = gzipSync(readFileSync(path), { level: 9 }).length / 1024;
  total_kb += kb;
  console.log(`${kb.toFixed(1).padStart(7)} KB  ${relative(root, path)}`);
}
console.log(`${total_kb.toFixed(1).padStart(7)} KB  of ${LIMIT_KB} KB`);
if (total_kb > LIMIT_KB) {
  console.error(`The responder page is over its budget of ${LIMIT_KB} KB (gzip).`);
  process.exit(1);
}
