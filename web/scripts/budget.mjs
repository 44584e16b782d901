/** Each page is weighed, as it travels (gzip). The responder page must load on a weak network. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMITS_KB = { responder: 90, console: 140 };
const root = fileURLToPath(new URL("../../adapters/web/static", import.meta.url));

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/** The two pages are built one by one and share no file; what the console needs bears its name. */
const pageOf = (path) => (relative(root, path).includes("console") ? "console" : "responder");

const total_kb = { responder: 0, console: 0 };
for (const path of files(root)) {
  const kb = gzipSync(readFileSync(path), { level: 9 }).length / 1024;
  total_kb[pageOf(path)] += kb;
  console.log(`${kb.toFixed(1).padStart(7)} KB  ${relative(root, path)}`);
}
for (const [page, limit_kb] of Object.entries(LIMITS_KB)) {
  console.log(`${total_kb[page].toFixed(1).padStart(7)} KB  of ${limit_kb} KB for the ${page} page`);
  if (total_kb[page] <= limit_kb) continue;
  console.error(`The ${page} page is over its budget of ${limit_kb} KB (gzip).`);
  process.exitCode = 1;
}
