"""URLs and answers that somebody chose to get at our credentials, our programs or our time."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import RemoteError
from gitreg.store.credentials import find_login
from gitreg.store.urls import parse, plain_text, redact
from tests.store.builders import git, surroundings

if TYPE_CHECKING:
    from gitreg.store import Store

SECRET = "hunter2"  # noqa: S105 - it is the test

HELPER = """#!/bin/sh
cat > {asked}
echo username=ada
echo password={secret}
"""


@pytest.mark.parametrize(
    "url",
    [
        "https://x%0ahost=github.com@evil.example/r",
        "https://x%0dhost=github.com@evil.example/r",
        "https://x:p%0ay@evil.example/r",
        "ssh://x%0a@host/r",
        "ssh://host/%0ar",
        "ssh://-oProxyCommand=touch@host/r",
        "ssh://host%20x/-r%00",
        "-oProxyCommand=touch@host:r",
        "-oProxyCommand:r",
        "host:-r",
    ],
)
def test_a_url_cannot_speak_to_a_credential_helper_or_to_ssh(url: str) -> None:
    with pytest.raises(RemoteError):
        parse(url, Path("/base"))


def test_a_user_name_is_never_two_lines_to_a_credential_helper(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    helper = tmp_path / "helper"
    helper.write_text(HELPER.format(asked=asked, secret=SECRET))
    helper.chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f"[credential]\n\thelper = {helper}\n")
    world = surroundings(tmp_path)
    assert find_login("https://example.org/r", world, user="ada") is not None
    asked.unlink()
    assert find_login("https://evil.example/r", world, user="x\nhost=example.org") is None
    assert not asked.exists()


@pytest.mark.parametrize(
    "url",
    [
        f"https://ada:se/{SECRET}@example.org/r",
        f"https://ada:a@{SECRET}@example.org/r",
        f"https://ada:{SECRET}\n@example.org/r",
        f"https://ada:a b{SECRET}@example.org/r",
        f"https://example.org:{SECRET}/r",
        f"https://ada:{SECRET}@[broken/r",
        f"https://ada:{SECRET}%0a@example.org/r",
        f"https://example.org/r?private_token={SECRET}",
        f"https://ada:{SECRET}@/r",
        f"ssh://ada:{SECRET}@",
        f"ssh://example.org:{SECRET}/r",
        f"ftp://ada:a@{SECRET}@example.org/r",
        f"file://ada:{SECRET}@example.org/r",
        f"ada:{SECRET}@example.org:r",
    ],
)
def test_a_url_is_never_shown_with_its_password(url: str) -> None:
    try:
        shown = parse(url, Path("/base")).shown
    except RemoteError as error:
        shown = "".join(traceback.format_exception(error)).replace(f'f"{url}', "") + error.subject
    assert SECRET not in shown


def test_a_server_cannot_keep_us_reading_its_words() -> None:
    before = time.process_time()
    for answer in ("a" * 3_000_000, "a://a:" * 500_000, "://" * 1_000_000, f"https://ada:{SECRET}@x" + "y" * 20_000):
        assert SECRET not in plain_text(answer)
    redact("a" * 16_000 + "a:" * 16_000)
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    ("url", "host", "goes"),
    [
        ("https://example.org/r", "example.org", True),
        ("https://example.org/r", "https://example.org", True),
        ("https://example.org/r", "EXAMPLE.org", True),
        ("http://127.0.0.1:80/r", "127.0.0.1:80", True),
        ("http://example.org/r", "http://example.org", True),
        ("http://example.org/r", "example.org", False),
        ("http://example.org/r", "https://example.org", False),
        ("https://example.org/r", "http://example.org", False),
        ("https://example.org:444/r", "example.org", False),
        ("https://example.org.evil.example/r", "example.org", False),
    ],
)
def test_the_token_goes_to_its_host_and_not_in_the_clear(tmp_path: Path, url: str, host: str, *, goes: bool) -> None:
    world = surroundings(tmp_path, GITREG_TOKEN=SECRET, GITREG_TOKEN_HOST=host)
    assert (find_login(url, world) is not None) is goes


def test_a_configured_remote_is_shown_without_its_password(store: Store) -> None:
    git(store.path, "remote", "add", "origin", f"https://ada:{SECRET}@example.org/r?token={SECRET}")
    assert store.config.shown_url() == "https://example.org/r"
