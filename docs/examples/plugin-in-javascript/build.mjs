// node build.mjs CONTRACT OUT: makes the component. It imports the contract and nothing else.
import { readFile, writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const [contract, out] = process.argv.slice(2);
const source = await readFile(new URL("watcher.js", import.meta.url), "utf8");
const { component } = await componentize(source, {
  witPath: contract,
  worldName: "watcher",
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await writeFile(out, component);
