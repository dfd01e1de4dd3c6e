// Prints what AsyncAPI's own parser has against a document: its errors and warnings, one a line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [file, folder] = process.argv.slice(2);
const { Parser } = createRequire(`${folder}/`)("@asyncapi/parser");
const ERROR_AND_WARNING = 1;
const found = await new Parser().validate(readFileSync(file, "utf8"), { source: file });
for (const one of found.filter((each) => each.severity <= ERROR_AND_WARNING)) {
  console.log(`${one.path.join(".")}: ${one.message}`);
}
