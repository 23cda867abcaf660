// Workflow expressions: GitHub's own lexer, parser and evaluator, between plain JSON values.
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { truthy } from "@actions/expressions/result";
import { isBasicExpression, isMapping, isSequence } from "@actions/workflow-parser";

const STATUSES = {
  success: (status) => status === "success",
  failure: (status) => status === "failure",
  cancelled: () => false, // nothing here cancels a run
  always: () => true,
};

const wrap = (value) => JSON.parse(JSON.stringify(value ?? null), data.reviver);
const unwrap = (value) => JSON.parse(JSON.stringify(value, data.replacer) ?? "null");

/** The value of an expression. `contexts` is plain JSON; `status` is what success() and failure() ask about. */
function evaluateData(expression, contexts, status) {
  const functions = Object.entries(STATUSES).map(([name, holds]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(holds(status)),
  }));
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  return new Evaluator(tree, wrap(contexts), new Map(functions.map((each) => [each.name, each]))).evaluate();
}

/** Whether an `if:` lets its job or step run. */
export const holds = (condition, contexts, status) => truthy(evaluateData(condition.expression, contexts, status));

/** A piece of the parsed workflow as plain JSON, every ${{ }} in it evaluated. */
export function plain(token, contexts, status = "success") {
  if (token === undefined) return undefined;
  if (isBasicExpression(token)) return unwrap(evaluateData(token.expression, contexts, status));
  if (isSequence(token)) return Array.from(token, (each) => plain(each, contexts, status));
  if (isMapping(token)) {
    return Object.fromEntries(Array.from(token, ({ key, value }) => [key.toString(), plain(value, contexts, status)]));
  }
  return token.value ?? null;
}

/** The same, as environment variables: every value a string. */
export const environment = (token, contexts) =>
  Object.fromEntries(Object.entries(plain(token, contexts) ?? {}).map(([name, value]) => [name, asText(value)]));

/** How GitHub spells a value where a string is wanted. */
export const asText = (value) => (typeof value === "string" ? value : wrap(value).coerceString());
