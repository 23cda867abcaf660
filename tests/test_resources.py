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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By way of the source archive, so that one is whole too."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_carries_schemas_and_templates_byte_for_byte(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for folder in ("schemas", "ci-templates"):
            for path in (path for path in (ROOT / folder).rglob("*") if path.is_file()):
                assert archive.read(f"gitreg/_data/{path.relative_to(ROOT).as_posix()}") == path.read_bytes()


def test_the_wheel_is_the_package_and_nothing_beside_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "gitreg/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"gitreg", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}


def test_the_wheel_finds_what_travels_where_there_is_no_checkout(wheel: Path, tmp_path: Path) -> None:
    """Imported from the archive itself, which also shows that nothing needs real files."""
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r}); from gitreg import resources as r; "
        "assert r.__file__.startswith(sys.path[0]); assert r.schema_names(); "
        "sys.stdout.buffer.write(r.template('bare/pre-receive'))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, cwd=tmp_path)
    assert answer.stdout == resources.template("bare/pre-receive")
