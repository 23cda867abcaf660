"""Names that people give, and the safe path parts they become (docs/format.md, "Names")."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from gitreg.errors import InvalidName, UnsafePath

MAX_NAME = 250
MAX_PART = 48
MAX_STAGE_PART = 32
MAX_ARTIFACT_PATH = 1024

_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))]
)
# Bidirectional controls and line separators: text that a reviewer would see otherwise than it is.
_DECEPTIVE = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")
# Characters that nobody sees: "fraud" with one of them would be another model, and look the same. Joiners and selectors
# are parts of letters and emoji, so they may follow what is not ASCII, and make a keycap.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u206f\u2800\u3164\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
    "|(?:^|(?<=[\x00-\x7f]))[\u200c\u200d\ufe00-\ufe0f](?!\u20e3)"
)
_HASHED = re.compile(r".*-[0-9a-f]{8}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*")


def check_name(text: str, what: str = "name") -> str:
    """`text` in NFC, if it may be a name: 1 to 250 characters, none that controls, deceives or hides, no space around.

    Raises `InvalidName`.
    """
    name = unicodedata.normalize("NFC", text) if _encodable(text) else ""
    problem = _problem(name)
    if problem:
        raise _invalid(text, what, problem)
    return name


def check_model_name(text: str, what: str = "model name") -> str:
    """A name that can also stand in an address such as `models:/fraud@production`, and in a command.

    Without slash, colon or at sign, and with no dash in front. Raises `InvalidName`.
    """
    name = check_name(text, what)
    if re.search(r"[/\\:@~]", name):
        raise _invalid(text, what, "'/', '\\', ':', '@' and '~' belong to addresses")
    if name.startswith("-"):
        raise _invalid(text, what, "commands would read it as an option")
    return name


def _invalid(text: str, what: str, problem: str) -> InvalidName:
    article = "an" if what.startswith(("a", "e", "i", "o", "u")) else "a"
    return InvalidName(f"{text!r:.80} cannot be {article} {what}: {problem}.", subject=repr(text)[:80])


def _encodable(text: str) -> bool:
    return not any(unicodedata.category(character) == "Cs" for character in text)


def _problem(name: str) -> str:
    if not name:
        return "it is empty or not text"
    if len(name) > MAX_NAME:
        return f"it has {len(name)} characters, the limit is {MAX_NAME}"
    if any(unicodedata.category(character) == "Cc" or character in _DECEPTIVE for character in name):
        return "it holds a control character"
    if _INVISIBLE.search(name):
        return "it holds a character that nobody sees"
    if not name.strip(". "):
        return "it is nothing but dots"
    return "it begins or ends with a space" if name != name.strip() else ""


def part(name: str, limit: int = MAX_PART) -> str:
    """The path part that stands for `name`: itself where it is a safe slug, else `slug-<8 hex of its sha256>`.

    Two names never share a part by accident of letter case or alphabet, and no part ends in `-` and eight hex digits
    unless it was made so here.
    """
    if is_safe_slug(name, limit):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: limit - 9].strip("-") or "x"
    return f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def is_safe_slug(text: str, limit: int = MAX_PART) -> bool:
    """Whether `text` may be a path part as it is, on Linux, macOS and Windows."""
    return (
        len(text) <= limit
        and _SLUG.fullmatch(text) is not None
        and ".." not in text
        and not text.endswith((".", ".lock"))
        and text.split(".", maxsplit=1)[0] not in _DEVICES
        and not text.isdigit()
        and _HASHED.fullmatch(text) is None
    )


def is_part(text: str, limit: int = MAX_PART) -> bool:
    """Whether `part` could have made this."""
    return is_safe_slug(text, limit) or (
        len(text) <= limit and _SLUG.fullmatch(text) is not None and _HASHED.fullmatch(text) is not None
    )


def check_artifact_path(text: str) -> str:
    """A relative POSIX path that is safe to write below a folder on any system, in NFC. Raises `UnsafePath`."""
    path = unicodedata.normalize("NFC", text) if _encodable(text) else ""
    problem = _path_problem(path)
    if problem:
        message = f"{text!r:.80} cannot be an artifact's path: {problem}."
        raise UnsafePath(message, subject=repr(text)[:80])
    return path


def _path_problem(path: str) -> str:
    if not path:
        return "it is empty or not text"
    if len(path.encode()) > MAX_ARTIFACT_PATH:
        return f"it is longer than {MAX_ARTIFACT_PATH} bytes"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "it is absolute"
    if any(unicodedata.category(c) == "Cc" or c in _DECEPTIVE or c in '\\<>:"|?*' for c in path):
        return "it holds a character that some file system refuses"
    if _INVISIBLE.search(path):
        return "it holds a character that nobody sees"
    return next((problem for piece in path.split("/") if (problem := _piece_problem(piece))), "")


def _piece_problem(piece: str) -> str:
    if piece in ("", ".", ".."):
        return f"{piece!r} is not a file name"
    if piece.split(".", maxsplit=1)[0].rstrip(" ").lower() in _DEVICES:
        return f"{piece!r} is a device on Windows"
    if piece != piece.rstrip(". "):
        return f"{piece!r} ends in a dot or a space"
    return "one of its names is longer than 255 bytes" if len(piece.encode()) > 255 else ""  # noqa: PLR2004 - NAME_MAX
