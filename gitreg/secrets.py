"""What a secret looks like: by its own shape, by the name before it, by its place in a URL.

Said once, for those who cut secrets out of what they record and for those who refuse them. It is a net, not a proof.
Every pattern takes a time that grows with the text and no faster: repetitions are possessive, bounded, or last.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_CHARS: Final = 1024 * 1024
"""How much of a text is looked at."""
MAX_FOUND: Final = 100
"""How many are told of one text."""

_INSTEAD: Final = "Take it out: what is on the ledger is with everyone, for good."
_LEAST_CHARS: Final = 9
"""No pattern below fits into less, and most params are shorter."""

_SHAPES: Final = {
    "AWS access key": r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}",
    "GitLab token": r"gl(?:pat|rt|dt|cbt|ptt|ft|agent|oas)-[A-Za-z0-9_.-]{16,}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{20,}",
    "API key of a model provider": r"sk-(?:(?:proj|svcacct|admin|ant|or|lf)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{32,})",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "Slack webhook": r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
    "Google API key": r"AIza[0-9A-Za-z_-]{30,}",
    "Google OAuth token": r"ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}",
    "Stripe key": r"[rs]k_(?:live|test)_[0-9A-Za-z]{16,}",
    "SendGrid key": r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}",
    "DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}",
    "Vault token": r"hvs\.[0-9A-Za-z_-]{24,}",
    "age key": r"AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    "PyPI token": r"pypi-[A-Za-z0-9_-]{40,}",
    "npm token": r"npm_[A-Za-z0-9]{20,}",
    "Databricks token": r"dapi[0-9a-f]{32}",
    "JSON web token": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
}
_KINDS: Final = tuple(_SHAPES)
SHAPES: Final = re.compile(
    "(?<![A-Za-z0-9_-])(?:" + "|".join(f"(?P<k{at}>{shape})" for at, shape in enumerate(_SHAPES.values())) + ")"
)
"""Keys and tokens of known services."""

KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
KEY_ENDS: Final = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")

NAMED: Final = re.compile(
    r"(?<![A-Za-z0-9._-])(?P<name>[A-Za-z0-9._-]++)(?:\\*+[\"']\]?)?[ \t]*+"
    r"(?::[ \t]*+[A-Za-z_][\w.\[\]| ]{0,60}=(?=[ \t]*+[\"'])|={1,3}|:=?)[ \t]*+"  # also behind a type: `token: str = "`
)
"""A name and what stands between it and its value: `token=`, `"password": `."""

_TELLING: Final = re.compile(
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|auth(?:orization)?|bearer|cookie|signature|session_?id"
    r"|api_?key|access_?key(?:_?id)?|private_?key|account_?key|encryption_?key|signing_?key|webhook|dsn|sas"
    r"|connection_?string)(?:_|$)"
)
_PASSWORD: Final = re.compile(r"(?:password|passwd|passphrase|(?:^|_)(?:pass|pwd|passcode))$")
_SECRET: Final = re.compile(  # at the end of a name: `token_count` and `secret_name` only speak of one
    r"(?:secret|token|credentials?|bearer|cookie|webhook|connection_?string"
    r"|(?:api|access|secret|private|account|encryption|signing)_?key)(?:_(?:\d+|prod|dev|test|staging|old|new|value))*$"
)

_VALUE_CHARS: Final = 512
_VALUE: Final = re.compile(
    r"\\*+\"(?P<double>[^\"\\\n]{0,512})|\\*+'(?P<single>[^'\\\n]{0,512})|(?P<bare>[^\s\"'&;,}\\]{1,512})"
)
_CODE: Final = re.compile(r"[<>{}()\[\]]|\$[A-Za-z]|%[sd]|\*\*\*|\.\.\.|…")
_NOTHING: Final = re.compile(
    r"[\W_]*+(?:(?:none|null|nil|true|false|undefined|required|optional|string|str|bytes|hidden|x+)[\W_]*+)?",
    re.IGNORECASE,
)
_STANDS_FOR_ONE: Final = re.compile(
    r"example|placeholder|change[-_ ]?me|your[-_ ]|dummy|redacted|xxxx"
    r"|^[a-z_. :/-]*(?:password|passwd|passphrase|pass|pwd|secret|token|api_?key)[a-z_. :/-]*$",
    re.IGNORECASE,
)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)+")
_RANDOM: Final = re.compile(r"[A-Za-z0-9+/=_.~%:-]{16,512}")
_NAMES_ANOTHER: Final = re.compile(
    r"(?:sha\d{1,3}|md5|blake\w{1,3}|urn|git|arn|env|ref|vault)[:_-]|\.{0,2}/|~|\d{4}-\d\d-\d\d", re.IGNORECASE
)
_ENTROPY_BITS: Final = 3.0
"""Of each character. Random hex has 3.5 and more, words and versions seldom have digits in two places as well."""

_IN_URL: Final = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://(?P<user>[^\s/:@\"'<>]{0,100}):(?P<password>[^\s/@\"'<>]{1,200})@\w"
)
_HEADER: Final = re.compile(r"\b(?:basic|bearer)[ \t]{1,8}(?P<value>[A-Za-z0-9+/=._~-]{16,512})", re.IGNORECASE)
_KEY_BODY: Final = re.compile(r"[A-Za-z0-9+/]{32}")
_KEY_HEAD_CHARS: Final = 400


@dataclass(frozen=True)
class Secret:
    """Where a text holds what looks like a secret; never the secret itself."""

    kind: str
    """What it looks like, in words: `GitHub token`."""
    line: int
    """From 1."""
    column: int
    """In characters, from 1."""


def find_secrets(text: str) -> Iterator[Secret]:
    """What in the first 1,048,576 characters of a text looks like a secret, from front to back, at most 100 of them.

    Found are keys and tokens of known services, private keys with their bytes, JSON web tokens, passwords in URLs, and
    values that are random enough behind a name like `token` or `password`. Placeholders, digests, variables and
    templates are none.
    """
    if len(text) < _LEAST_CHARS:
        return
    text = text[:MAX_CHARS]
    line, line_at = 1, 0
    for at, kind in sorted(_starts(text).items())[:MAX_FOUND]:
        line += text.count("\n", line_at, at)
        line_at = text.rfind("\n", 0, at) + 1
        yield Secret(kind, line, at - line_at + 1)


def find_in_value(name: str, value: str) -> Secret | None:
    """The secret that a param or tag of this name is or holds, if it looks like one.

    Behind the name of a password any text is one that stands for none.
    """
    flat = _flat(name)
    kind = None
    if len(value) <= _VALUE_CHARS:
        is_password = _PASSWORD.search(flat) and len(value) >= 4 and not _is_for_show(value)  # noqa: PLR2004 - a PIN
        kind = "password" if is_password else _kind_of(flat, value, is_quoted=True)
    return Secret(kind, 1, 1) if kind else next(find_secrets(value), None)


def tells(name: str) -> bool:
    """Whether something of this name may be a secret."""
    return _TELLING.search(_flat(name)) is not None


def _flat(name: str) -> str:
    return re.sub(r"[.-]", "_", name.lower())


def _starts(text: str) -> dict[int, str]:
    """Where secrets begin. Of two ways to know one, that by its shape says more."""
    found = dict.fromkeys(_in_urls(text), "password in a URL")
    found |= {
        match.start("value"): "credentials in a header"
        for match in _HEADER.finditer(text)
        if _is_random(match["value"])
    }
    found |= dict(_named(text))
    found |= {match.start(): "private key" for match in KEY_BEGINS.finditer(text) if _has_body(text, match.end())}
    return found | {match.start(): _KINDS[int((match.lastgroup or "k0")[1:])] for match in SHAPES.finditer(text)}


def _in_urls(text: str) -> Iterator[int]:
    for match in _IN_URL.finditer(text):
        if match["password"] != match["user"] and not _is_for_show(match["password"]):
            yield match.start("password")


def _has_body(text: str, at: int) -> bool:
    """Whether bytes of a key follow, and not only talk of one."""
    return _KEY_BODY.search(text[at : at + _KEY_HEAD_CHARS].partition("-----")[0]) is not None


def _named(text: str) -> Iterator[tuple[int, str]]:
    bare_until = 0  # `token=token=token=…` is one value, and looked at once
    for named in NAMED.finditer(text):
        value = _VALUE.match(text, named.end()) if named.start() >= bare_until and tells(named["name"]) else None
        if value:
            group = value.lastgroup or "bare"
            bare_until = value.end() if group == "bare" else bare_until
            kind = _kind_of(_flat(named["name"]), value[group], is_quoted=group != "bare")
            if kind:
                yield value.start(group), kind


def _kind_of(flat: str, value: str, *, is_quoted: bool) -> str | None:
    if not is_quoted and _DOTTED.fullmatch(value):
        return None  # a variable
    if _PASSWORD.search(flat):
        return "password" if _is_password(value, is_quoted=is_quoted) else None
    return "value named like a secret" if _SECRET.search(flat) and _is_random(value) else None


def _is_for_show(value: str) -> bool:
    """Whether a value only stands in the place of a secret: a template, a variable, `changeme`."""
    return bool(_CODE.search(value) or _NOTHING.fullmatch(value) or _STANDS_FOR_ONE.search(value))


def _is_password(value: str, *, is_quoted: bool) -> bool:
    """Six characters of two kinds; without quotes a digit among letters, for a name may be a variable's."""
    kinds = {"a" if each.islower() else "A" if each.isupper() else "0" if each.isdigit() else "." for each in value}
    is_mixed = len(kinds) > 1 if is_quoted else {"a", "0"} <= kinds
    return len(value) >= 6 and is_mixed and not _is_for_show(value)  # noqa: PLR2004 - see above


def _is_random(value: str) -> bool:
    """Whether it looks drawn by lot: letters, digits in several places, few repetitions."""
    if not _RANDOM.fullmatch(value) or _NAMES_ANOTHER.match(value) or "://" in value or _is_for_show(value):
        return False
    if len(re.findall(r"[0-9]+", value)) < 2 or not re.search(r"[A-Za-z]", value):  # noqa: PLR2004 - see above
        return False
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) >= _ENTROPY_BITS


def why_secret(name: str, value: object) -> str:
    """Why a param or tag is refused as a secret, with what kind and where; empty where it is none."""
    if (found := next(find_secrets(name), None)) is not None:
        return f"its name looks like a secret ({found.kind})."
    found = find_in_value(name, value) if isinstance(value, str) else None
    where = f"line {found.line}, column {found.column}" if found else ""
    return f"it looks like it holds a secret ({found.kind}, {where})." if found else ""


def refuse_secret(name: str, value: object) -> None:
    """Raises `InvalidValue` with the reason alone, where what is refused is told beside it."""
    if why := why_secret(name, value):
        raise InvalidValue(why, hint=_INSTEAD)


def refuse_secrets_among(values: Mapping[str, object]) -> None:
    """Raises `InvalidValue` that names the first of these params, tags or notes that looks like a secret."""
    for name, value in values.items():
        if why := why_secret(name, value):
            raise InvalidValue(f"{without_shown_secrets(name)!r:.80} is refused: {why}", hint=_INSTEAD)


def without_shown_secrets(name: str) -> str:
    """A name as errors, logs and the count of refused values may show it."""
    return "(a secret)" if next(find_secrets(name), None) else name
