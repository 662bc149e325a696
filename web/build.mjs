// Bundles the page. `node build.mjs OUT` writes it to the folder OUT; `node build.mjs --tests` bundles the unit
// tests for Node's own test runner, which can't read TypeScript in every Node that we support.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const shared = { bundle: true, jsx: "automatic", jsxImportSource: "preact", logLevel: "warning" };

async function page(out) {
  const result = await build({
    ...shared,
    entryPoints: { app: "src/main.tsx", style: "src/style.css" },
    outdir: out,
    entryNames: "[name].[hash]",
    minify: true,
    format: "esm",
    target: ["es2021", "chrome100", "firefox100", "safari15.4"],
    metafile: true,
    legalComments: "none",
  });
  const names = {};
  for (const [file, made] of Object.entries(result.metafile.outputs)) {
    if (made.entryPoint) names[made.entryPoint] = basename(file);
  }
  for (const name of await readdir("public")) {
    let text = await readFile(join("public", name), "utf8");
    text = text.replaceAll("%SCRIPT%", names["src/main.tsx"]).replaceAll("%STYLE%", names["src/style.css"]);
    await writeFile(join(out, name), text);
  }
  let total = 0;
  for (const name of await readdir(out)) {
    const packed = gzipSync(await readFile(join(out, name)), { level: 9 });
    await writeFile(join(out, `${name}.gz`), packed);
    if (name !== "login.html") total += packed.length;
  }
  console.log(`page: ${(total / 1000).toFixed(1)} kB gzip`);
  if (total > 40_000) throw new Error(`the page weighs ${total} bytes gzip; its limit is 40 kB`);
}

async function tests() {
  const names = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
  await rm("build/tests", { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: names.map((name) => join("tests", name)),
    outdir: "build/tests",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    target: "node18",
    sourcemap: "inline",
  });
}

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error("usage: node build.mjs OUT | --tests");
if (target === "--tests") {
  await tests();
} else {
  await mkdir(target, { recursive: true });
  await page(target);
}
