"""The workflow runner does what GitHub says it does, on the parts that our templates use."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.ci_node import Happening, Job, WorkflowCannotRunError, lint, run_workflow


def run(tmp_path: Path, workflow: str, happening: Happening | None = None) -> list[Job] | None:
    path = tmp_path / "workflow.yml"
    path.write_text(dedent(workflow))
    push = Happening("push", {"after": "abc"}, github={"ref": "refs/heads/main", "sha": "abc"})
    return run_workflow(path, happening or push, tmp_path / "run")


def test_env_of_workflow_job_and_step_each_override_the_one_outside(tmp_path: Path) -> None:
    jobs = run(
        tmp_path,
        """
        on: push
        env: {A: workflow, B: workflow, C: workflow}
        jobs:
          job:
            runs-on: ubuntu-latest
            env: {B: job, C: job}
            steps:
              - env: {C: "${{ env.C }}-step"}
                run: echo "$A $B $C"
        """,
    )
    assert jobs is not None
    assert jobs[0].steps[0].output == "workflow job job-step\n"


def test_outputs_and_exported_variables_reach_later_steps_and_jobs(tmp_path: Path) -> None:
    jobs = run(
        tmp_path,
        """
        on: push
        jobs:
          second:
            needs: first
            runs-on: ubuntu-latest
            env: {LINES: "${{ needs.first.outputs.lines }}"}
            steps: [{run: 'echo "$LINES"'}]
          first:
            runs-on: ubuntu-latest
            outputs: {lines: "${{ steps.make.outputs.lines }}"}
            steps:
              - id: make
                run: |
                  printf 'lines<<END\\none\\ntwo\\nEND\\n' >> "$GITHUB_OUTPUT"
                  echo EXPORTED=yes >> "$GITHUB_ENV"
                  echo '# Done' >> "$GITHUB_STEP_SUMMARY"
              - run: echo "$EXPORTED"
        """,
    )
    assert jobs is not None
    first, second = jobs
    assert (first.id, first.steps[1].output, first.summary) == ("first", "yes\n", "# Done\n")
    assert second.steps[0].output == "one\ntwo\n"


def test_a_failed_step_skips_the_rest_but_not_what_always_runs(tmp_path: Path) -> None:
    jobs = run(
        tmp_path,
        """
        on: push
        jobs:
          broken:
            runs-on: ubuntu-latest
            steps:
              - run: exit 3
              - run: echo never
              - if: always()
                run: echo cleaned
          after:
            needs: broken
            runs-on: ubuntu-latest
            steps: [{run: echo never}]
        """,
    )
    assert jobs is not None
    broken, after = jobs
    assert [step.outcome for step in broken.steps] == ["failure", "skipped", "success"]
    assert (broken.steps[0].exit_code, broken.result, after.result) == (3, "failure", "skipped")


def test_an_action_is_the_command_given_for_it_with_its_inputs(tmp_path: Path) -> None:
    workflow = """
        on: push
        jobs:
          job:
            runs-on: ubuntu-latest
            steps: [{uses: actions/checkout@v5, with: {fetch-depth: 0, ref: "${{ github.sha }}"}}]
        """
    command = {"actions/checkout": 'echo "$INPUT_FETCH_DEPTH $INPUT_REF"'}
    jobs = run(tmp_path, workflow, Happening("push", {}, github={"sha": "abc"}, actions=command))
    assert jobs is not None
    assert jobs[0].steps[0].output == "0 abc\n"


def test_an_action_without_a_command_is_an_error_not_a_skip(tmp_path: Path) -> None:
    with pytest.raises(WorkflowCannotRunError, match="actions/unknown@v1"):
        run(tmp_path, "on: push\njobs: {job: {runs-on: ubuntu-latest, steps: [{uses: actions/unknown@v1}]}}")


@pytest.mark.parametrize(("branch", "starts"), [("main", True), ("ledger", False)])
def test_a_branch_filter_decides_whether_the_event_starts_it(tmp_path: Path, branch: str, *, starts: bool) -> None:
    jobs = run(
        tmp_path,
        "on: {push: {branches: [main]}}\njobs: {job: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}",
        Happening("push", {}, github={"ref": f"refs/heads/{branch}"}),
    )
    assert (jobs is not None) == starts


def test_a_matrix_from_another_jobs_output_gives_a_job_for_each_row(tmp_path: Path) -> None:
    jobs = run(
        tmp_path,
        """
        on: push
        jobs:
          plan:
            runs-on: ubuntu-latest
            outputs: {rows: "${{ steps.plan.outputs.rows }}"}
            steps:
              - id: plan
                run: echo 'rows=[{"model":"fraud"},{"model":"churn"}]' >> "$GITHUB_OUTPUT"
          deploy:
            needs: plan
            if: needs.plan.outputs.rows != '[]'
            strategy: {matrix: {change: "${{ fromJSON(needs.plan.outputs.rows) }}"}}
            runs-on: ubuntu-latest
            steps: [{env: {MODEL: "${{ matrix.change.model }}"}, run: 'echo "$MODEL"'}]
        """,
    )
    assert jobs is not None
    assert [job.steps[0].output for job in jobs if job.id == "deploy"] == ["fraud\n", "churn\n"]


def test_an_invalid_workflow_is_refused_by_the_parser_and_by_actionlint(tmp_path: Path) -> None:
    text = "on: push\njobs: {job: {runs-on: ubuntu-latest, stepz: []}}"
    with pytest.raises(WorkflowCannotRunError, match="stepz"):
        run(tmp_path, text)
    assert "stepz" in "\n".join(lint(tmp_path / "workflow.yml"))
