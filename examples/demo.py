"""The main job, from an empty folder to a rolled-back model: `make demo`. Under two minutes on two cores.

Everything happens in one folder, ./demo-registry or the one given, which is made anew each time. Nothing outside is
touched: git and gitreg get a home of their own in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

EXAMPLES = Path(__file__).parent
MARKER = "made-by-gitreg-demo"
PRODUCTION = "models/tumour/stages/production"
_HANDED_DOWN = ("LANG", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
PEOPLE = {"ada": "ada@example.org", "ben": "ben@example.org"}
THRESHOLD = {
    "kind": "threshold",
    "rule": "min-auc",
    "metric": "auc",
    "dataset": "holdout",
    "at_least": 0.95,
    "at_most": None,
    "message": "A model that misses tumours does not go to patients.",
    "severity": "block",
    "reference": None,
}


class Stage:
    """The folder of the demo, and what is shown of what happens in it."""

    def __init__(self, place: Path) -> None:
        """`place` is empty."""
        self.place = place
        self.steps = 0
        home = place / "home"
        home.mkdir()
        self.environ = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": str(home),
            "MPLCONFIGDIR": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{name: os.environ[name] for name in _HANDED_DOWN if name in os.environ},
        }

    def step(self, title: str, why: str = "") -> None:
        """Say what comes next."""
        self.steps += 1
        print(f"\n\033[1m{self.steps}. {title}\033[0m" if sys.stdout.isatty() else f"\n{self.steps}. {title}")
        if why:
            self.say(why)

    @property
    def has_ssh_keygen(self) -> bool:
        """Whether OpenSSH's client is installed, which the demo shows but gitreg does not need."""
        return shutil.which("ssh-keygen", path=self.environ["PATH"]) is not None

    def say(self, text: str) -> None:
        """Say what is not a command."""
        print(textwrap.indent(textwrap.fill(text, 96), "   "))

    def run(self, command: str, at: str = "ada", *, fails: int = 0, stdin: Path | None = None) -> str:
        """Run one command in one of the folders and show it with its output; it must end with the code expected."""
        print(f"\n   {at}$ {command}{f' < {stdin.name}' if stdin else ''}", flush=True)
        done = subprocess.run(
            shlex.split(command),
            cwd=self.place / at,
            env=self.environ,
            input=stdin.read_bytes() if stdin else b"",
            capture_output=True,
            check=False,
        )
        for line in (done.stdout + done.stderr).decode().rstrip().splitlines():
            print(f"   | {line}".rstrip(), flush=True)
        if done.returncode:
            print(f"   (exit {done.returncode})", flush=True)
        if done.returncode != fails:
            raise SystemExit(f"This should have ended with exit {fails}. Everything is in {self.place}")
        return done.stdout.decode()

    def ask(self, command: str, at: str = "ada") -> Any:  # noqa: ANN401 - whatever JSON the command prints
        """Run a command for its JSON without showing it."""
        done = subprocess.run(
            shlex.split(command), cwd=self.place / at, env=self.environ, capture_output=True, check=True
        )
        return json.loads(done.stdout)


def main() -> None:
    """The whole story."""
    place = _empty(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-registry").resolve())
    began = time.monotonic()
    stage = Stage(place)
    make_registry(stage)
    train_and_compare(stage)
    first_version(stage)
    second_version(stage)
    use_the_model(stage)
    refused_by_rule(stage)
    edited_by_hand(stage)
    go_back(stage)
    look_at_the_log(stage)
    approved_evidence_edited(stage)
    end(stage, time.monotonic() - began)


def _empty(place: Path) -> Path:
    """The folder, made anew; one that the demo did not make is left alone."""
    if place.exists() and any(place.iterdir()) and not (place / MARKER).exists():
        raise SystemExit(f"{place} is not empty and was not made by this demo: name another folder.")
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    (place / MARKER).touch()
    return place


def make_registry(stage: Stage) -> None:
    """A server, people, keys."""
    stage.step(
        "A registry on a server, and a clone for each of two people",
        "The server is a bare git repository with a hook that judges every push. Production is protected: its policy "
        "asks for one approval by somebody who is not the proposer.",
    )
    stage.run("gitreg init origin.git --bare --ci bare --protect production", at=".")
    for person, email in PEOPLE.items():
        stage.run(f"git clone --quiet origin.git {person}", at=".")
        stage.run(f"git config user.name {person.capitalize()}", at=person)
        stage.run(f"git config user.email {email}", at=person)
        make_key(stage, person, email)
    stage.step(
        "Who may approve",
        "People and their public keys are governed files. The change that first makes the policy possible to meet is "
        "the founding of the registry; from then on changing the rules needs approval too.",
    )
    for person, email in PEOPLE.items():
        stage.run(f"gitreg approvers add {email} --key ../{person}.key.pub -m 'Knows the clinic.'")
    stage.run("gitreg approvers list")


def make_key(stage: Stage, person: str, email: str) -> None:
    """A person's SSH key; without ssh-keygen as it would have made it."""
    if stage.has_ssh_keygen:
        stage.run(f"ssh-keygen -q -t ed25519 -N '' -C {email} -f {person}.key", at=".")
        return
    stage.say(f"There is no ssh-keygen on this machine: the demo makes {person}.key itself.")
    key = Ed25519PrivateKey.generate()
    file = stage.place / f"{person}.key"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    file.chmod(0o600)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    file.with_name(f"{person}.key.pub").write_bytes(public + f" {email}\n".encode())


def train_and_compare(stage: Stage) -> None:
    """Three runs."""
    stage.step("Train three models", "examples/train.py records params, a metric series, datasets by role and files.")
    trainer = shlex.quote(str(EXAMPLES / "train.py"))
    python = shlex.quote(sys.executable)
    for options in ("--rounds 20 --depth 1 --rate 0.1", "--rounds 60 --depth 2", "--rounds 2 --depth 1 --rate 0.05"):
        stage.run(f"{python} {trainer} {options}")
    stage.step("Look at them")
    stage.run("gitreg runs list -e breast-cancer")
    ids = run_ids(stage)
    stage.run(f"gitreg runs compare {' '.join(each[-8:] for each in ids)}")
    stage.run("gitreg runs show @last")


def run_ids(stage: Stage) -> list[str]:
    """The three runs, in the order they were trained."""
    return [run["run_id"] for run in reversed(stage.ask("gitreg runs list -e breast-cancer --json"))]


def first_version(stage: Stage) -> None:
    """The reviewed way into production."""
    stage.step("Register two of them", "A version is immutable; its number is claimed in the push that publishes it.")
    for run in run_ids(stage)[:2]:
        stage.run(f"gitreg register runs:/{run}/model --name tumour -m 'For the clinic.'")
    stage.run("gitreg versions tumour")
    stage.step(
        "Ada promotes version 1; nobody has approved it yet",
        "The promotion is a commit on a branch of its own, signed with Ada's key. Merging it is refused.",
    )
    promote(stage, 1, "The first one that works.")
    proposal = open_proposal(stage)
    stage.run(f"gitreg merge {proposal}", fails=6)
    stage.step("Ben reads it and approves with his key; Ada merges, which pushes main")
    approve_and_merge(stage, proposal)


def promote(stage: Stage, number: int, why: str) -> None:
    """Propose a version, signed by Ada."""
    stage.run(f"gitreg promote tumour {number} --to production -m {shlex.quote(why)} --key ../ada.key")


def open_proposal(stage: Stage) -> str:
    """The id of the one proposal that is open."""
    (proposal,) = stage.ask("gitreg proposals list --json")
    return str(proposal["id"])


def approve_and_merge(stage: Stage, proposal: str) -> None:
    """What a second person does, and the landing."""
    stage.run("gitreg sync", at="ben")
    stage.run(f"gitreg proposals show {proposal}", at="ben")
    stage.run(f"gitreg approve {proposal} --key ../ben.key -m 'I read it.'", at="ben")
    stage.run(f"gitreg merge {proposal}")


def second_version(stage: Stage) -> None:
    """The same way again."""
    stage.step("Version 2 likewise", "This time the proposal compares the candidate with what is in production.")
    promote(stage, 2, "Better on the holdout.")
    approve_and_merge(stage, open_proposal(stage))


def use_the_model(stage: Stage) -> None:
    """From the address to predictions."""
    stage.step("Use what is in production", "Resolve, fetch, load, predict: the same predictions as in training.")
    stage.run("gitreg resolve models:/tumour@production")
    stage.run("gitreg pull models:/tumour@production -o ../serving")
    stage.run(f"gitreg artifacts get {run_ids(stage)[1]} predictions.json -o ../training")
    stage.run(f"{shlex.quote(sys.executable)} {shlex.quote(str(EXAMPLES / 'predict.py'))} serving training", at=".")


def refused_by_rule(stage: Stage) -> None:
    """A threshold, and who does not meet it."""
    stage.step(
        "A rule with a number",
        "Ada asks for an AUC of at least 0.95. The policy is a governed file, so Ben has to approve the change.",
    )
    policy = stage.place / "ada/policies/production.json"
    text = json.loads(policy.read_text(encoding="utf-8"))
    text["requirements"].append(THRESHOLD)
    policy.write_text(json.dumps(text), encoding="utf-8")
    stage.run("gitreg govern -m 'At least 0.95.' --key ../ada.key policies/production.json")
    approve_and_merge(stage, open_proposal(stage))
    stage.step("A model below the threshold is refused, with the reason")
    stage.run(f"gitreg register runs:/{run_ids(stage)[2]}/model --name tumour -m 'The quick one.'")
    stage.run("gitreg promote tumour 3 --to production -m 'It is so fast.' --key ../ada.key", fails=6)


def edited_by_hand(stage: Stage) -> None:
    """What plain git can do, and what comes of it."""
    stage.step(
        "Somebody edits the pointer by hand, with plain git",
        "Mallory puts the old decision back and pushes. The hook refuses.",
    )
    stage.run("git clone --quiet origin.git mallory", at=".")
    stage.run("git config user.email mallory@example.org", at="mallory")
    stage.run("git config user.name Mallory", at="mallory")
    before = str(stage.ask("gitreg log tumour --stage production --json")[1]["commit"])
    stage.run(f"git checkout --quiet {before} -- {PRODUCTION}", at="mallory")
    stage.run("git commit --quiet -m 'tumour: production 2 -> 1'", at="mallory")
    stage.run("git push origin HEAD:main", at="mallory", fails=1)
    stage.step("The same forced in on the server, past the hook")
    good = stage.run("git rev-parse main", at="origin.git").strip()
    stage.run("git fetch --quiet ../mallory +HEAD:main", at="origin.git")
    stage.run("git clone --quiet origin.git victim", at=".")
    stage.run("gitreg resolve models:/tumour@production", at="victim", fails=6)
    stage.run(f"git update-ref refs/heads/main {good}", at="origin.git")


def go_back(stage: Stage) -> None:
    """Three in the morning."""
    stage.step("Roll back", "One signature is enough, for a version that was in force before; the other is held.")
    stage.run("gitreg rollback tumour --stage production -m 'Scores drifted overnight.' --key ../ada.key")
    stage.run("gitreg resolve models:/tumour@production")
    stage.run("gitreg holds list")


def look_at_the_log(stage: Stage) -> None:
    """The audit trail, with gitreg and without."""
    stage.step("Who decided what")
    stage.run("gitreg log tumour")
    stage.run("git log --oneline main")
    stage.step("A fresh clone resolves the same")
    stage.run("git clone --quiet origin.git fresh", at=".")
    stage.run("gitreg resolve models:/tumour@production", at="fresh")


def approved_evidence_edited(stage: Stage) -> None:
    """A number is made better after it was approved."""
    landed = str(stage.ask("gitreg log tumour --stage production --json")[1]["commit"])
    stage.step(
        "Somebody makes a number better, in evidence that Ben approved",
        "Mallory has the past on her own disk, where no hook stops her, and hands the clone to an auditor.",
    )
    stage.run("git clone --quiet origin.git forged", at=".")
    stage.run("git config user.email mallory@example.org", at="forged")
    stage.run("git config user.name Mallory", at="forged")
    stage.run(f"git reset --quiet --hard {landed}", at="forged")
    make_better(stage.place / "forged" / PRODUCTION / "evidence.json")
    stage.run("git diff --unified=0 --no-color", at="forged")
    stage.run("git commit --quiet -am 'Tidy up.'", at="forged")
    stage.run("gitreg audit verify", at="forged", fails=1)
    check_bens_approval(stage)


def make_better(evidence: Path) -> None:
    """The candidate's first metric on the holdout, a little better than it was."""
    text = evidence.read_text(encoding="utf-8")
    value = json.loads(text)["candidate"]["metrics"][0]["value"]
    evidence.write_text(text.replace(f'"value": {value!r}', '"value": 0.9999', 1), encoding="utf-8")


def check_bens_approval(stage: Stage) -> None:
    """What an auditor does, who trusts OpenSSH and need not trust us."""
    stage.step(
        "The same with ssh-keygen and git, and no gitreg",
        "Ben's signature is good: over a statement that names a decision, which names the evidence by its sha256.",
    )
    if stage.has_ssh_keygen:
        statement = bens_statement(stage.place / "forged" / PRODUCTION / "approvals")
        signature = (statement.parent / f"{statement.name}.sig").relative_to(stage.place / "forged")
        verify = f"ssh-keygen -Y verify -f allowed_signers -I {PEOPLE['ben']} -n gitreg-approval-v1 -s {signature}"
        stage.run(verify, at="forged", stdin=statement)
        stage.run(f"git grep --no-color '\"decision\"' -- {statement.relative_to(stage.place / 'forged')}", at="forged")
    else:
        stage.say("Left out: there is no ssh-keygen on this machine (Debian's openssh-client has it).")
    stage.run(f"git grep --no-color evidence.json -- {PRODUCTION}/decision.json", at="forged")
    stage.say(f"What lies there has the sha256 {sha256_of(stage.place / 'forged' / PRODUCTION / 'evidence.json')}:")
    stage.say("not what Ben approved. Git says who made it so:")
    stage.run(f"git log -1 --format='%h %an <%ae> %s' -- {PRODUCTION}/evidence.json", at="forged")


def sha256_of(path: Path) -> str:
    """As `sha256sum` prints it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bens_statement(folder: Path) -> Path:
    """The file that Ben signed."""
    return next(path for path in sorted(folder.glob("*.json")) if PEOPLE["ben"] in path.read_text(encoding="utf-8"))


def end(stage: Stage, took_s: float) -> None:
    """Where things are now."""
    here = os.path.relpath(stage.place)
    stage.step(f"Done in {took_s:.0f} s. Everything is in {here}: the server, Ada's and Ben's clones")
    print(
        f"""
   Try:
       gitreg -C {here}/ada status
       gitreg -C {here}/ada versions tumour
       gitreg -C {here}/ada log tumour --stage production --json
"""
    )


if __name__ == "__main__":
    main()
