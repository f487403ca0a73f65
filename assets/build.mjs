// Bundles the front end into dist/: `node build.mjs`, or `node build.mjs --watch`.
//
// Every .js and .css file directly in src/ is an entry of its own (a page loads one or two of them);
// what they share is in src/lib/. Pictures come from img/ and img/help/. Outputs carry a hash of their content in
// the name, so that the server may tell browsers to keep them for ever; manifest.json maps the
// plain names to the hashed ones, and the server reads it at start.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

const files = (folder, kinds) =>
  readdirSync(join(here, folder))
    .filter((name) => kinds.includes(extname(name)))
    .map((name) => `${folder}/${name}`);

/** Compresses once, here, as well as it goes: the server then sends bytes and spends no time. */
function compress(file) {
  const bytes = readFileSync(join(dist, file));
  for (const [kind, packed] of [[".br", brotliCompressSync(bytes)], [".gz", gzipSync(bytes, { level: 9 })]]) {
    if (packed.length < bytes.length) writeFileSync(join(dist, file + kind), packed);
  }
}

/** Writes manifest.json after each build, and removes what older builds left behind. */
const manifest = {
  name: "manifest",
  setup(build) {
    build.onEnd((result) => {
      if (result.errors.length > 0) return;
      const names = {};
      const keep = new Set(["manifest.json"]);
      for (const [path, output] of Object.entries(result.metafile.outputs)) {
        const file = basename(path);
        keep.add(file).add(`${file}.br`).add(`${file}.gz`);
        compress(file);
        if (output.entryPoint) names[basename(output.entryPoint)] = file;
      }
      for (const file of readdirSync(dist)) {
        if (!keep.has(file)) rmSync(join(dist, file), { recursive: true });
      }
      const sorted = Object.fromEntries(Object.entries(names).sort());
      // Renaming is atomic: a server that starts now sees the old list or the new one, never half.
      writeFileSync(join(dist, "manifest.json.new"), JSON.stringify(sorted, null, 2) + "\n");
      renameSync(join(dist, "manifest.json.new"), join(dist, "manifest.json"));
    });
  },
};

const options = {
  absWorkingDir: here,
  entryPoints: [...files("src", [".js", ".css"]), ...files("img", [".svg", ".png"]), ...files("img/help", [".png", ".jpg"])],
  outdir: "dist",
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  // What a five-year-old phone's WebView and an office PC's browser understand.
  target: ["es2018", "chrome86", "safari13"],
  // esbuild holds a rare bug of Safari 13 against the whole syntax; plain uses of it work there.
  supported: { destructuring: true },
  charset: "utf8",
  loader: { ".svg": "copy", ".png": "copy", ".jpg": "copy" },
  legalComments: "linked",
  metafile: true,
  logLevel: "info",
  plugins: [manifest],
};

mkdirSync(dist, { recursive: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await esbuild.build(options);
}
