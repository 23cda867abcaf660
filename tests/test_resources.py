"""What travels with the code is found from a checkout, and from a wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gitreg import resources

ROOT = Path(__file__).parent.parent


def test_every_schema_of_the_checkout_is_named_and_read() -> None:
    expected = {
        path.relative_to(ROOT / "schemas").with_suffix("").as_posix() for path in (ROOT / "schemas").rglob("*.json")
    }
    assert set(resources.schema_names()) == expected
    for name in resources.schema_names():
        assert resources.schema_text(name) == (ROOT / "schemas" / f"{name}.json").read_text(encoding="utf-8")


def test_a_template_is_its_file() -> None:
    assert resources.template("bare/pre-receive") == (ROOT / "ci-templates/bare/pre-receive").read_bytes()


@pytest.mark.parametrize("name", ["nothing", "../pyproject", "/etc/passwd", ""])
def test_only_a_schema_that_travels_is_read(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        resources.schema_text(name)


def test_the_wheel_carries_schemas_and_templates_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for folder in ("schemas", "ci-templates"):
            for path in (ROOT / folder).rglob("*"):
                if path.is_file():
                    packed = f"gitreg/_data/{path.relative_to(ROOT).as_posix()}"
                    assert archive.read(packed) == path.read_bytes()
        assert "gitreg/py.typed" in names
        assert not [name for name in names if name.startswith(("tests/", "locks/"))]


def test_the_installed_package_finds_what_travels_without_the_checkout(tmp_path: Path) -> None:
    """A wheel is a zip that can be imported from, so this also shows that nothing needs real files."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    code = "from gitreg import resources as r; import sys; sys.stdout.buffer.write(r.template('bare/pre-receive'))"
    answer = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(wheel)!r}); {code}"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    assert answer.stdout == resources.template("bare/pre-receive")
