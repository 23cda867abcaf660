"""Runs in a notebook: shown as HTML, active in every cell, through `await` and threads. In a real IPython kernel."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

from gitreg.card import MAX_CHARS, MAX_ROWS, card
from tests.tracking.builders import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tracking.builders import Clone


def test_a_card_escapes_and_cuts_what_it_is_given() -> None:
    rows = {f"key-{number}": "<script>alert(1)</script>" + "x" * 1000 for number in range(MAX_ROWS + 5)}
    html = card("<b>otter</b>", "running", {"run": "3f2a"}, {"params": rows, "tags": {}})
    assert "<script" not in html
    assert "&lt;b&gt;otter" in html
    assert "and 5 more" in html
    assert "tags" not in html
    assert "x" * MAX_CHARS not in html


def test_open_and_recorded_runs_show_what_they_came_to(clone: Clone) -> None:
    with clone.tracker.start_run("churn", tags={"team": "<i>risk</i>"}) as run:
        run.log_param("depth", 4)
        run.log_metric("auc", 0.75)
        live = run._repr_html_()
    recorded = clone.runs.get(run.run_id)._repr_html_()
    for html in (live, recorded):
        assert "0.75 at step 0" in html
        assert "&lt;i&gt;risk" in html
    assert ">running<" in live
    assert ">finished<" in recorded


CELLS = (
    """
import gitreg, asyncio, threading
run = gitreg.start_run("churn", capture=True)
print(gitreg.active_run() is run)
""",
    """
await asyncio.sleep(0)
gitreg.log_metric("m", 1)
print(gitreg.active_run() is run)
""",
    """
async def train(n):
    with gitreg.start_run("churn", nested=True, parent=run.run_id) as inner:
        await asyncio.sleep(0.01)
        gitreg.log_metric("inner", n)
        return gitreg.active_run() is inner

print(await asyncio.gather(train(1), train(2)), gitreg.active_run() is run)
""",
    """
thread = threading.Thread(target=gitreg.log_metric, args=("m", 2))
thread.start()
thread.join()
print(gitreg.active_run() is run)
""",
    "run",
    """
run.finish()
with gitreg.open() as registry:
    found = registry.runs.get(run.run_id)
    print(found.metric("m").count, [len(each.metrics) for each in registry.runs.children(run.run_id)])
    print(registry.runs.logs(run.run_id).splitlines()[0])
""",
)


def told(client: Any, cell: str) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - a client of the kernel
    """What a cell prints, and what it shows."""
    printed, shown = [], dict[str, str]()

    def take(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream" and content["name"] == "stdout":
            printed.append(content["text"])
        elif message["msg_type"] in ("display_data", "execute_result"):
            shown.update(content["data"])
        assert message["msg_type"] != "error", "\n".join(content["traceback"])

    client.execute_interactive(cell, timeout=60, output_hook=take)
    return "".join(printed), shown


def test_cells_keep_the_active_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HOME": tmp_path,
        "IPYTHONDIR": tmp_path / "ipython",
        "GITREG_REPO": tmp_path / "registry",
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        told(client, f"import gitreg; gitreg.init({str(tmp_path / 'registry')!r}).close()")
        found = [told(client, cell) for cell in CELLS]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert [printed for printed, _ in found[:4]] == ["True\n", "True\n", "[True, True] True\n", "True\n"]
    assert 'class="gitreg-card"' in found[4][1]["text/html"]
    assert found[5][0].splitlines() == ["2 [1, 1]", "True"]
