// Runs a GitHub workflow on this machine: parsed by GitHub's own parser, its conditions and ${{ }} by GitHub's own
// evaluator, its `run:` steps by bash, each job in an empty workspace of its own. An action (`uses:`) is replaced by the
// command given for it; one with no command is an error, so nothing is skipped silently.
//
//   node run_workflow.mjs WORKFLOW --event NAME --payload FILE --work DIR [--uses OWNER/NAME=COMMAND]…
//        [--github KEY=VALUE]… [--secret NAME=VALUE]… [--env NAME=VALUE]…
//
// A command for an action finds its inputs as INPUT_<NAME>. Prints one JSON object:
//   {"triggered", "jobs": [{"id", "matrix", "result", "outputs", "summary", "steps": [{"id", "name", "outcome", "exit_code", "output"}]}]}
// Exit code 0 when no job failed, 1 when one did, 2 when the workflow cannot be run here (the reason on stderr).
// Not covered, and refused where met: reusable workflows, services, containers, `matrix.exclude`, background steps.
import "./json_modules.mjs";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import("@actions/workflow-parser");
const { asText, environment, holds, plain } = await import("./expressions.mjs");

class CannotRun extends Error {}

function refuse(reason) {
  throw new CannotRun(reason);
}

// --- what was asked ---------------------------------------------------------------------------------------------------

const pairs = (texts = []) =>
  Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));

function readArguments() {
  const many = { type: "string", multiple: true };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      event: { type: "string" },
      payload: { type: "string" },
      work: { type: "string" },
      uses: many,
      github: many,
      secret: many,
      env: many,
    },
  });
  return {
    file: positionals[0],
    work: values.work,
    actions: pairs(values.uses),
    secrets: pairs(values.secret),
    machine: pairs(values.env),
    github: {
      event: JSON.parse(readFileSync(values.payload, "utf8")),
      event_name: values.event,
      event_path: values.payload,
      token: "token-of-the-run",
      ...pairs(values.github),
    },
  };
}

async function readWorkflow(file) {
  const parsed = parseWorkflow({ name: file, content: readFileSync(file, "utf8") }, new NoOperationTraceWriter());
  const template = await convertWorkflowTemplate(parsed.context, parsed.value);
  const errors = parsed.context.errors.getErrors().map((error) => error.message);
  if (errors.length) refuse(errors.join("\n"));
  return { template, tokens: parsed.value };
}

// --- when ---------------------------------------------------------------------------------------------------------------

/** Whether the event starts the workflow: its name, then the filters on branch and type. Patterns are not needed here. */
function isTriggered(events, github) {
  if (!(github.event_name in events)) return false;
  const { branches, types, ...others } = events[github.event_name] ?? {};
  const left = Object.keys(others).filter((key) => !["cron", "inputs"].includes(key) && isNaN(key));
  if (left.length) refuse(`this runner does not know the filter ${left}`);
  if (branches?.some((branch) => /[*?+![\]]/.test(branch))) refuse("this runner does not know branch patterns");
  const branch = github.base_ref || (github.ref ?? "").replace("refs/heads/", "");
  return (!branches || branches.includes(branch)) && (!types || types.includes(github.event.action));
}

// --- one step -----------------------------------------------------------------------------------------------------------

/** GitHub's command files: NAME=VALUE lines, and NAME<<DELIMITER blocks. */
function readCommandFile(file) {
  const values = {};
  const lines = readFileSync(file, "utf8").split("\n");
  while (lines.length) {
    const line = lines.shift();
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    if (block) {
      const end = lines.indexOf(block[2]);
      if (end < 0) refuse(`${block[1]}: no closing ${block[2]}`);
      values[block[1]] = lines.splice(0, end + 1).slice(0, -1).join("\n");
    } else if (line.includes("=")) {
      values[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
    }
  }
  return values;
}

function runBash(script, env, cwd) {
  // `shell: bash` and the default differ on GitHub in pipefail alone; the stricter one is what the templates ask for.
  const done = spawnSync("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script], {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error) refuse(`bash: ${done.error.message}`);
  return { exitCode: done.status ?? 128, output: done.stdout + done.stderr };
}

function actionCommand(uses, actions) {
  const command = actions[uses] ?? actions[uses.split("@")[0]];
  return command ?? refuse(`no command is given for the action ${uses}`);
}

const inputs = (values) =>
  Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase().replaceAll(/[ -]/g, "_")}`, asText(value)]),
  );

function runStep(step, token, job) {
  const contexts = job.contexts();
  if (!holds(step.if, contexts, job.status)) return { outcome: "skipped", conclusion: "skipped", outputs: {}, exitCode: null, output: "" };
  const own = { ...contexts, env: { ...contexts.env, ...environment(step.env, contexts) } };
  const files = job.commandFiles(step.id);
  const script = step.uses
    ? actionCommand(step.uses.value, job.actions)
    : step.run
      ? asText(plain(step.run, own))
      : refuse(`step ${step.id}: neither run nor uses`);
  const env = { ...job.machine, ...files.env, ...own.env, ...(step.uses ? inputs(plain(token.find("with"), own)) : {}) };
  const folder = join(job.workspace, asText(plain(token.find("working-directory"), own) ?? ""));
  const { exitCode, output } = runBash(script, env, folder);
  Object.assign(job.exported, readCommandFile(files.env.GITHUB_ENV));
  const outcome = exitCode === 0 ? "success" : "failure";
  const forgiven = outcome === "failure" && plain(token.find("continue-on-error"), own) === true;
  return { outcome, conclusion: forgiven ? "success" : outcome, outputs: readCommandFile(files.env.GITHUB_OUTPUT), exitCode, output };
}

// --- one job ------------------------------------------------------------------------------------------------------------

/** What the steps of one job share. */
class Job {
  constructor(id, matrix, shared, needs, tokens, workflowEnv, folder) {
    this.actions = shared.actions;
    this.status = "success";
    this.steps = {};
    this.exported = {};
    this.folder = folder;
    this.workspace = join(folder, "workspace");
    mkdirSync(this.workspace, { recursive: true });
    mkdirSync(join(folder, "home"));
    this.fixed = {
      github: { ...shared.github, job: id, workspace: this.workspace },
      secrets: { GITHUB_TOKEN: shared.github.token, ...shared.secrets },
      runner: { os: "Linux", arch: "X64", temp: folder },
      needs,
      matrix,
      vars: {},
      inputs: shared.github.event.inputs ?? {},
      strategy: {},
    };
    const outer = environment(workflowEnv, this.fixed);
    this.env = { ...outer, ...environment(tokens.find("env"), this.fixed) };
    this.machine = { ...standardVariables(this.fixed.github, join(folder, "home"), folder), ...shared.machine };
  }

  contexts() {
    const seen = Object.fromEntries(Object.entries(this.steps).map(([id, step]) => [id, pick(step, "outcome", "conclusion", "outputs")]));
    return { ...this.fixed, env: { ...this.env, ...this.exported }, steps: seen, job: { status: this.status } };
  }

  commandFiles(step) {
    const file = (name) => {
      const path = join(this.folder, `${step}.${name}`);
      if (!existsSync(path)) writeFileSync(path, "");
      return path;
    };
    return { env: { GITHUB_OUTPUT: file("output"), GITHUB_ENV: file("env"), GITHUB_STEP_SUMMARY: file("summary") } };
  }

  summary() {
    return Object.keys(this.steps)
      .map((id) => join(this.folder, `${id}.summary`))
      .filter(existsSync)
      .map((path) => readFileSync(path, "utf8"))
      .join("");
  }
}

const pick = (value, ...keys) => Object.fromEntries(keys.map((key) => [key, value[key]]));

function standardVariables(github, home, temp) {
  const named = Object.entries(github).filter(([key, value]) => typeof value === "string" && key !== "token");
  return {
    PATH: process.env.PATH,
    LANG: "C.UTF-8",
    HOME: home,
    RUNNER_TEMP: temp,
    RUNNER_OS: "Linux",
    CI: "true",
    GITHUB_ACTIONS: "true",
    ...Object.fromEntries(named.map(([key, value]) => [`GITHUB_${key.toUpperCase()}`, value])),
  };
}

function runJob(job, template, tokens) {
  const stepTokens = Array.from(tokens.find("steps"));
  template.steps.forEach((step, position) => {
    const ended = runStep(step, stepTokens[position], job);
    job.steps[step.id] = { name: step.name?.toString() ?? "", ...ended };
    if (ended.conclusion === "failure") job.status = "failure";
  });
  const outputs = Object.fromEntries(
    Object.entries(plain(tokens.find("outputs"), job.contexts()) ?? {}).map(([name, value]) => [name, asText(value)]),
  );
  return { result: job.status, outputs };
}

/** The rows of `strategy.matrix`: every combination of its lists, then what `include` adds as rows of their own. */
function matrixRows(tokens, contexts) {
  const matrix = plain(tokens.find("strategy")?.find("matrix"), contexts);
  if (matrix === undefined) return [null];
  const { include = [], exclude, ...lists } = matrix;
  if (exclude) refuse("this runner does not know matrix.exclude");
  const combine = (rows, [key, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value })));
  return [...(Object.keys(lists).length ? Object.entries(lists).reduce(combine, [{}]) : []), ...include];
}

// --- the workflow -------------------------------------------------------------------------------------------------------

const needsOf = (job, finished) => {
  const ids = (job.needs ?? []).map((need) => need.value);
  return Object.fromEntries(ids.map((id) => [id, finished[id] ?? refuse(`job ${job.id.value} needs ${id}, which did not run before it`)]));
};

function statusOf(needs) {
  return Object.values(needs).every((need) => need.result === "success") ? "success" : "failure";
}

/** Jobs in an order that honours `needs`. */
function inOrder(jobs) {
  const done = [];
  const ready = (job) => (job.needs ?? []).every((need) => done.some((other) => other.id.value === need.value));
  while (done.length < jobs.length) {
    const next = jobs.find((job) => !done.includes(job) && ready(job));
    done.push(next ?? refuse("the jobs need each other in a circle"));
  }
  return done;
}

function runAllRows(template, tokens, needs, shared, workflowEnv) {
  const id = template.id.value;
  const contexts = { github: shared.github, needs, vars: {}, inputs: {} };
  if (!holds(template.if, contexts, statusOf(needs))) return [{ id, matrix: null, result: "skipped", outputs: {}, summary: "", steps: [] }];
  return matrixRows(tokens, contexts).map((matrix, row) => {
    const job = new Job(id, matrix, shared, needs, tokens, workflowEnv, join(shared.work, `${id}-${row}`));
    const ended = runJob(job, template, tokens);
    const steps = Object.entries(job.steps).map(([step, seen]) => ({
      id: step,
      ...pick(seen, "name", "outcome", "output"),
      exit_code: seen.exitCode,
    }));
    return { id, matrix, ...ended, summary: job.summary(), steps };
  });
}

async function run(asked) {
  const { template, tokens } = await readWorkflow(asked.file);
  if (!isTriggered(template.events, asked.github)) return { triggered: false, jobs: [] };
  const finished = {};
  const jobs = inOrder(template.jobs).flatMap((job) => {
    if (job.type !== "job") refuse(`job ${job.id.value}: reusable workflows are not run here`);
    const needs = needsOf(job, finished);
    const rows = runAllRows(job, tokens.find("jobs").find(job.id.value), needs, asked, tokens.find("env"));
    const failed = rows.find((row) => row.result === "failure");
    finished[job.id.value] = pick(failed ?? rows[0] ?? { result: "skipped", outputs: {} }, "result", "outputs");
    return rows;
  });
  return { triggered: true, jobs };
}

try {
  const answer = await run(readArguments());
  console.log(JSON.stringify(answer, null, 2));
  process.exitCode = answer.jobs.some((job) => job.result === "failure") ? 1 : 0;
} catch (error) {
  if (!(error instanceof CannotRun)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
