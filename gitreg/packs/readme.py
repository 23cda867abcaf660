"""README.txt: how to check a pack with tools that anybody has, line by line, and what that does not prove."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gitreg.signing import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.packs.material import Material, Signed

FOLDER = "decision/approvals"


def readme(material: Material) -> str:
    """The text. Every command is run in the folder that the pack was unpacked into."""
    parts = (_head, _sums, _signatures, _decision, _git, _model, _limits)
    return "\n".join(line for part in parts for line in (*part(material), ""))


def _head(material: Material) -> Iterator[str]:
    yield "EVIDENCE PACK"
    yield f"What:      {_plain(material.address)}, version {material.standing.move.number}"
    yield f"Version:   {material.standing.move.version}"
    yield f"Decision:  {material.standing.digest}"
    yield f"Registry:  {material.registry}"
    yield f"As of:     {material.now:%Y-%m-%d %H:%M:%SZ}"
    yield ""
    yield "Read index.md (or page.html in a browser). To check it you need no gitreg: unpack it, go into the folder,"
    yield "and run the lines below. Each part says what it proves; the last one says what none of them does."


def _sums(_: Material) -> Iterator[str]:
    yield "1. NOTHING WAS DAMAGED ON THE WAY"
    yield ""
    yield "    sha256sum -c --quiet SHA256SUMS"


def _signatures(material: Material) -> Iterator[str]:
    yield "2. WHO SIGNED (OpenSSH 8.9 or later; each line has to end with Good signature)"
    yield ""
    if not material.signed:
        yield "    Nobody signed anything about this decision: nobody had to."
    for each in material.signed:
        if each.person:
            ignored = f", which does not count: {_plain(each.trouble)}" if each.trouble else ""
            yield f"    # {each.statement.verdict}{ignored}"
            yield f"    {_verify(each)}"
    yield ""
    yield "decision/allowed_signers is that of the commit before the decision landed: later keys do not count."


def _verify(each: Signed) -> str:
    """Its own time is said where the key was not good for ever; else the clock of today would be asked."""
    at = f" -O verify-time={each.statement.signed_at:%Y%m%d%H%M%S}Z" if each.validity_is_bounded else ""
    file = f"{FOLDER}/{each.key}.json"
    return (
        f"ssh-keygen -Y verify{at} -f decision/allowed_signers -I {quote(str(each.person))} -n {NAMESPACE}"
        f" -s {file}.sig < {file}"
    )


def _decision(material: Material) -> Iterator[str]:
    yield "3. WHAT THEY SIGNED"
    yield ""
    yield "Each statement names the decision by its sha256, and the decision names every file by its:"
    yield ""
    yield f"    echo '{material.standing.digest.hex}  decision/decision.json' | sha256sum -c -"
    for each in material.signed:
        yield f'    grep -F \'"decision": "{material.standing.digest}"\' {FOLDER}/{each.key}.json'
    for name, place in material.documents.items():
        digest = material.standing.decision.files.get(place.path)
        if digest is not None:
            yield f'    grep -F \'"{place.path}": "{digest}"\' decision/decision.json'
            yield f"    echo '{digest.hex}  {name}' | sha256sum -c -"


def _git(material: Material) -> Iterator[str]:
    yield "4. THAT IT STANDS IN THE REGISTRY (where a clone of it is at hand, in $CLONE)"
    yield ""
    for name, place in material.documents.items():
        if place.commit:
            yield f'    git -C "$CLONE" cat-file blob {place.commit}:{place.path} | cmp - {name}'
    yield f'    git -C "$CLONE" merge-base --is-ancestor {material.standing.commit} HEAD'
    yield ""
    yield "Whether the rules of that time were kept, all of history over: gitreg audit verify, in the clone."


def _model(material: Material) -> Iterator[str]:
    yield "5. THE MODEL'S FILES"
    yield ""
    found = material.bytes
    if found is None:
        yield "Their list is not here: the bytes could not be read where the pack was made."
    else:
        yield f"    echo '{material.version.artifacts.digest.hex}  model/manifest.json' | sha256sum -c -"
        yield ""
        yield "model/manifest.json lists them by path and sha256, model/FILES in the form that sha256sum reads."
        yield "In a folder that has them: sha256sum -c FILES."
    if found and found.open:
        yield "Their bytes are model/files/, under numbers: file N is line N of model/FILES."
    if found and found.signature:
        yield "The folder is signed as OpenSSF Model Signing says; with the signer's public key, got from the signer:"
        yield ""
        yield "    model_signing verify key FOLDER --signature model/model.sig --public_key PUBLIC.pem"
    else:
        yield "The folder is not signed here. Whoever has it and a key makes an OpenSSF model signature by"
        yield ""
        yield "    model_signing sign key FOLDER --private_key EC.pem --signature model.sig"


def _limits(_: Material) -> Iterator[str]:
    yield "WHAT THIS DOES NOT PROVE"
    yield ""
    yield "- That decision/allowed_signers names the right people: compare it with what you know, or with a clone."
    yield "- That nothing else was decided since. Ask the registry; a pack speaks as of its time."
    yield "- That what was recorded is true: runs, metrics and provenance are what machines said, unsigned."
    yield "- That any law or standard is met. The chapters are places to file things in, and say no more than that."


def _plain(text: str) -> str:
    """Text of a document so that no terminal obeys it."""
    return text.encode("unicode_escape").decode("ascii")
