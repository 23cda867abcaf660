"""Reading models and versions: what there is, and which one is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from gitreg.documents import Digest, ModelCard, RegistrySettings, part, paths
from gitreg.errors import Ambiguous, InvalidName, ModelNotFound, NumberDisputed, StageNotFound, VersionNotFound
from gitreg.registry.addresses import DigestStart, Label, Latest, ModelAddress, Number, Proposed, parse_address
from gitreg.registry.numbers import Numbering
from gitreg.registry.views import ModelView, VersionView, remarks_of

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Iterable, Mapping

    from gitreg.index import Index, VersionRow
    from gitreg.store import Store

Reference: TypeAlias = "str | ModelAddress | VersionView"
_MANY = 12


class Catalogue:
    """Models and versions as the ledger has them now."""

    def __init__(self, store: Store, index: Index, settings: Callable[[], RegistrySettings]) -> None:
        """`settings` gives the registry's settings as they stand."""
        self._store = store
        self._index = index
        self._settings = settings

    def list(self) -> builtins.list[ModelView]:
        """Every model that has a version, by name."""
        return [self.get(name) for name in self._index.models()]

    def get(self, name: str) -> ModelView:
        """A model. Raises `ModelNotFound`, which names the models there are."""
        versions = self.versions(name, deleted=True)
        labels = {version.digest: version.label for version in versions}
        aliases = {alias: labels[digest] for alias, digest in sorted(self.aliases(name).items()) if digest in labels}
        remarks = remarks_of(self._index.notes(paths.model_notes(name)))
        return ModelView(
            name,
            tuple(version for version in versions if not version.remarks.deleted),
            aliases,
            remarks,
            self._card(name),
        )

    def versions(self, name: str, *, deleted: bool = False) -> builtins.list[VersionView]:
        """A model's versions by number, those without one last. Raises `ModelNotFound`."""
        rows = self._index.versions(name)
        if not rows:
            raise self._no_model(name)
        numbering = numbering_of(rows)
        aliases = self.aliases(name)
        views = self._views(rows, numbering, aliases)
        found = sorted(views, key=lambda view: (view.number is None, view.number or 0, view.digest))
        return found if deleted else [view for view in found if view.remarks.deleted is None]

    def version(self, reference: Reference) -> VersionView:
        """A version by number, digest or alias: `fraud/7`, `fraud/~3f2a9c`, `fraud@champion`, `sha256:…`.

        Raises `ModelNotFound`, `VersionNotFound` that says which there are, `NumberDisputed`, `Ambiguous`, and
        `StageNotFound` for a stage or a name that is no alias: what stands in a stage was decided, not recorded.
        """
        if isinstance(reference, VersionView):
            return reference
        if isinstance(reference, str) and reference.startswith("sha256:"):
            return self._by_whole_digest(Digest(reference))
        address = parse_address(reference) if isinstance(reference, str) else reference
        if not isinstance(address, ModelAddress):
            raise InvalidName(f"{address} names a run, not a version.", subject=str(address))
        rows = self._index.versions(address.model)
        if not rows:
            raise self._no_model(address.model)
        digest = self._select(address, rows)
        group = [row for row in rows if row.digest == digest]
        return self._views(group, numbering_of(rows), self.aliases(address.model))[0]

    def aliases(self, model: str) -> dict[str, Digest]:
        """A model's bookmarks. One whose name has become a stage's is not among them (format 30)."""
        found = {alias.alias: alias.version for alias in self._index.aliases(model)}
        return {name: digest for name, digest in found.items() if digest is not None and self.stage(name) is None}

    def stage(self, name: str) -> str | None:
        """The stage that is called so, in any letter case; None where there is none."""
        stages = self._settings().stages
        alike = [stage for stage in stages if stage.casefold() == name.casefold()]
        return name if name in stages else alike[0] if len(alike) == 1 else None

    def numbering(self, name: str) -> Numbering:
        """Who has which number, by whole digests."""
        return numbering_of(self._index.versions(name))

    # --- within -----------------------------------------------------------------------------------------------------

    def _select(self, address: ModelAddress, rows: builtins.list[VersionRow]) -> Digest:
        match address.selector:
            case Number(number):
                return _numbered(address.model, number, numbering_of(rows))
            case DigestStart(start):
                return _by_start(address.model, start, rows)
            case Proposed(proposal):
                message = f"{proposal} is a proposal: what it would bring is not recorded as such."
                raise StageNotFound(message, subject=proposal, hint=f"gitreg resolve {address}")
            case Latest():
                return _latest(address.model, numbering_of(rows))
            case Label(name):
                return self._labelled(address.model, name)

    def _labelled(self, model: str, name: str) -> Digest:
        stage = self.stage(name)
        if stage is not None:
            hint = f"Ask what is in force: gitreg resolve models:/{model}@{stage}"
            raise StageNotFound(f"{name} is a stage: a decision says what is in it.", subject=name, hint=hint)
        aliases = self.aliases(model)
        if name not in aliases:
            known = sorted([*self._settings().stages, *aliases])
            message = f"{model} has no stage or alias {name!r:.80} (there are {', '.join(known[:_MANY])})."
            raise StageNotFound(message, subject=name, hint=f"Look: gitreg models show {model}")
        return aliases[name]

    def _by_whole_digest(self, digest: Digest) -> VersionView:
        found = self._index.versions_by_digest(digest)
        if not found:
            raise VersionNotFound(f"No version has the digest {digest}.", subject=digest, hint="gitreg models list")
        model = found[0].document.model
        return self._views(found, self.numbering(model), self.aliases(model))[0]

    def _views(
        self, rows: Iterable[VersionRow], numbering: Numbering, aliases: Mapping[str, Digest]
    ) -> builtins.list[VersionView]:
        """A model's versions, each from all its files; who brought it is whose commit added the first of them."""
        groups = _by_digest(rows)
        first = self._index.first_changes(self._store.branches.ledger, [row.path for row in rows])
        folders = {digest: paths.version_notes(group[0].document.model, digest) for digest, group in groups.items()}
        notes = self._index.notes_of(folders.values())
        views = []
        for digest, group in groups.items():
            landings = [first[row.path] for row in group if row.path in first]
            commit = self._store.commit(min(landings).commit) if landings else None
            document = group[0].document
            view = VersionView(
                model=document.model,
                number=numbering.number(digest),
                digest=digest,
                document=document,
                registered_at=commit.authored_at if commit else None,
                registered_by=commit.author if commit else None,
                remarks=remarks_of(notes.get(folders[digest], {})),
                aliases=tuple(sorted(name for name, target in aliases.items() if target == digest)),
            )
            views.append(view)
        return views

    def _card(self, name: str) -> ModelCard | None:
        path = paths.model_card(name)
        data = self._store.snapshot(self._store.main_tip()).read(path)
        return None if data is None else ModelCard.from_bytes(data, path)

    def _no_model(self, name: str) -> ModelNotFound:
        names = self._index.models()
        alike = [known for known in names if part(known.casefold()) == part(name.casefold())]
        there = f" (there is {alike[0]})" if alike else f" (there are {', '.join(names[:_MANY])})" if names else ""
        hint = "List them: gitreg models list" if names else f"Make one: gitreg register runs:/RUN/model --name {name}"
        return ModelNotFound(f"There is no model {name!r:.80}{there}.", subject=name, hint=hint)


def numbering_of(rows: Iterable[VersionRow]) -> Numbering:
    """The numbering of one model's versions, by whole digests."""
    return Numbering.of((row.number, row.digest) for row in rows)


def _by_digest(rows: Iterable[VersionRow]) -> dict[Digest, list[VersionRow]]:
    found: dict[Digest, list[VersionRow]] = {}
    for row in rows:
        found.setdefault(row.digest, []).append(row)
    return found


def _numbered(model: str, number: int, numbering: Numbering) -> Digest:
    holders = sorted(numbering.holders(number))
    if not holders:
        message = f"{model} has no version {number} ({_extent(numbering)})."
        raise VersionNotFound(message, subject=f"{model}/{number}", hint=f"List them: gitreg versions {model}")
    if len(holders) > 1:
        claimants = " and ".join(f"{model}/~{Digest(holder).hex[:8]}" for holder in holders)
        message = f"{model}/{number} was claimed by {len(holders)} versions: {claimants}."
        hint = "Say which by its digest; gitreg sync gives each a number of its own."
        raise NumberDisputed(message, subject=f"{model}/{number}", hint=hint)
    return Digest(holders[0])


def _extent(numbering: Numbering) -> str:
    numbers = list(numbering.claims)
    if not numbers:
        return "none of its versions has a number yet: gitreg sync"
    whole = len(numbers) == numbers[-1] - numbers[0] + 1 and len(numbers) > 1
    return f"it has {numbers[0]} to {numbers[-1]}" if whole else f"it has {', '.join(map(str, numbers[-_MANY:]))}"


def _by_start(model: str, start: str, rows: list[VersionRow]) -> Digest:
    found = sorted({row.digest for row in rows if row.digest.hex.startswith(start)})
    if not found:
        message = f"{model} has no version whose digest begins with {start}."
        raise VersionNotFound(message, subject=f"{model}/~{start}", hint=f"List them: gitreg versions {model}")
    if len(found) > 1:
        message = f"{len(found)} versions of {model} have a digest that begins with {start}."
        raise Ambiguous(message, subject=f"{model}/~{start}", hint="Give more digits.")
    return found[0]


def _latest(model: str, numbering: Numbering) -> Digest:
    numbers = [number for number in numbering.claims if len(numbering.holders(number)) == 1]
    if not numbers:
        message = f"No version of {model} has a number of its own yet."
        raise VersionNotFound(message, subject=model, hint="gitreg sync")
    return Digest(*numbering.holders(max(numbers)))
