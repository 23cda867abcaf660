"""Remotes that speak git's protocols: smart HTTP and SSH, through dulwich's clients.

`dulwich.client` is imported when a remote is first used: it takes longer to load than most commands run.
"""

from __future__ import annotations

import errno
import struct
import tempfile
import threading
import zlib
from collections import deque
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    GitProtocolError,
    HangupException,
    NotGitRepository,
    ObjectFormatException,
    SendPackError,
    UnexpectedCommandError,
)
from dulwich.objects import ObjectID
from dulwich.pack import UnresolvedDeltas

from gitreg.errors import CredentialsRefused, RaceLost, RemoteError, RemoteRefused, StorageError
from gitreg.store import commits, transfer
from gitreg.store.credentials import Login, find_login
from gitreg.store.objects import COMMIT
from gitreg.store.packing import sync_folder, unpacked
from gitreg.store.packs import check_pack
from gitreg.store.remote import Remote, matches
from gitreg.store.urls import Address, plain_text
from gitreg.store.values import CommitId, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dulwich.client import GitClient, SendPackResult
    from dulwich.pack import UnpackedObject

    from gitreg.store.writing import Writing

_MAX_PACK_BYTES = 8 * 2**30
_NO_ANSWER = (
    ApplyDeltaError,
    AssertionError,
    ChecksumMismatch,
    EOFError,
    IndexError,
    KeyError,
    ObjectFormatException,
    UnresolvedDeltas,
    ValueError,
    struct.error,
    zlib.error,
)
"""What dulwich raises for answers that are not git's, or are cut short."""
_OUR_DISK = frozenset({errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EROFS})
_MAX_HAVES = 512
_TIMEOUT_S = 120.0
_RACES = (
    "cannot lock ref",
    "failed to update ref",
    "fetch first",
    "incorrect old value",
    "non-fast-forward",
    "reference already exists",
    "remote ref has changed",
    "stale info",
)
"""What servers say when somebody else was quicker; anything else is a refusal."""
_ZERO = "0" * 40
_T = TypeVar("_T")


class WireRemote(Remote):
    """A remote behind a network. One login is found when the server asks for one, and kept as long as this object."""

    def __init__(self, name: str, store: Writing, address: Address) -> None:
        """Nothing is connected until something is asked for."""
        super().__init__(name, address.shown)
        self._store = store
        self._address = address
        self._login = Login(address.user, address.password) if address.user and address.password else None
        self._said: deque[bytes] = deque(maxlen=200)
        self._open_client: GitClient | None = None
        self._threads = threading.RLock()
        self.opened: list[_Closable] = []
        """Connections and answers of the question being asked; dulwich forgets some when something fails."""

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, CommitId]:
        """See `Remote`."""
        found = self._ask(lambda client: client.get_refs(self._path(), ref_prefix=_encoded(prefixes)).refs)
        return _clean(found, prefixes)

    def head(self) -> str | None:
        """See `Remote`."""
        symbolic = self._ask(lambda client: client.get_refs(self._path(), ref_prefix=[b"HEAD", b"refs/heads/"]).symrefs)
        name = dict(symbolic or {}).get(b"HEAD")  # type: ignore[call-overload]
        return name.decode("utf-8", "replace") if name else None

    def fetch(self, prefixes: Sequence[str]) -> dict[str, CommitId]:
        """See `Remote`."""
        shown: dict[str, CommitId] = {}

        def wants(refs: Mapping[Any, Any], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG001 - dulwich's
            shown.clear()
            shown.update(_clean(refs, prefixes))
            return [ObjectID(tip.encode()) for tip in dict.fromkeys(shown.values()) if tip not in self._store.objects]

        with tempfile.TemporaryFile(dir=self._store.objects.folder) as file:

            def take(data: bytes) -> int:
                if file.tell() + len(data) > _MAX_PACK_BYTES:
                    raise RemoteError(f"{self.url} sends more than {_MAX_PACK_BYTES} bytes.", subject=self.url)
                return file.write(data)

            def attempt(client: GitClient) -> None:
                file.seek(0)
                file.truncate()
                haves = _Haves(self._store)
                client.fetch_pack(
                    self._path(), wants, haves, take, progress=self._said.append, ref_prefix=_encoded(prefixes)
                )

            self._ask(attempt)
            if file.tell():
                self._ask_nothing(lambda: self._index(file))
                sync_folder(self._store.objects.folder / "pack")
                # dulwich keeps the new pack open as it made it; opened again, it is bounded like all others.
                self._store.objects.close()
        return {ref: tip for ref, tip in shown.items() if self._store.objects.kind(tip) == COMMIT}

    def _index(self, file: IO[bytes]) -> None:
        """Keep a pack that came, if it can be indexed in bounded memory."""
        objects = self._store.objects
        file.seek(0)
        check_pack(file, objects.object_format.oid_length)
        file.seek(0)
        objects.store.add_thin_pack(file.read, None)

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """See `Remote`."""
        result = self._ask(lambda client: self._send(client, updates))
        for ref, problem in (result.ref_status or {}).items():
            if problem is not None:
                raise self._refusal(ref.decode("utf-8", "replace"), problem)

    def _send(self, client: GitClient, updates: Sequence[RefUpdate]) -> SendPackResult:
        advertised: dict[str, CommitId] = {}

        def decide(refs: Mapping[Any, Any]) -> dict[bytes, bytes]:
            advertised.update(_clean(refs, ("refs/",)))
            for update in updates:
                if advertised.get(update.ref) != update.old:
                    raise RaceLost(f"{update.ref} of {self.url} has moved.", subject=update.ref, hint="Try again.")
            return {update.ref.encode(): (update.new or _ZERO).encode() for update in updates}

        def pack(*_: object, **__: object) -> tuple[int, Iterator[UnpackedObject]]:
            listed = self._listed(updates, advertised)
            return len(listed), (unpacked(new) for new in transfer.read_all(self._store.objects, listed))

        self._said.clear()
        return client.send_pack(self._path(), decide, pack, progress=self._said.append)  # type: ignore[arg-type]

    def _listed(self, updates: Sequence[RefUpdate], advertised: Mapping[str, CommitId]) -> transfer.Listed:
        """The objects it lacks. What it has is what lies below the tips that these updates grow from."""
        store, shallow = self._store, self._store.shallow()
        tips = [update.new for update in updates if update.new is not None]
        near = {tip for tip in advertised.values() if tip in store.objects}
        if all(_grows_from(store, tip, near) for tip in tips):
            return transfer.missing(store.objects, tips, near.__contains__, shallow)
        branches = store.branches
        related = {update.ref for update in updates} | {branches.main}
        known = transfer.ancestors_of(
            store.objects, [tip for ref, tip in advertised.items() if ref in related], shallow
        )
        return transfer.missing(store.objects, tips, (known | near).__contains__, shallow)

    def _refusal(self, ref: str, problem: str) -> RaceLost | RemoteRefused:
        said = plain_text(b"".join(self._said).decode("utf-8", "replace"))
        reason = plain_text(problem)
        if any(race in problem for race in _RACES):
            return RaceLost(f"{ref} of {self.url} has moved ({reason}).", subject=ref, hint="Try again.")
        message = f"{self.url} refused {ref}: {reason}." + (f"\n{said}" if said else "")
        return RemoteRefused(message, subject=ref)

    def _ask(self, question: Callable[[GitClient], _T]) -> _T:
        """Ask with what login we have; once more with one from the user's helpers when the server wants one."""
        from dulwich.client import HTTPUnauthorized  # noqa: PLC0415 - slow to load, see the top

        with self._threads:
            try:
                return self._ask_nothing(lambda: question(self._client()))
            except HTTPUnauthorized as error:
                self._log_in(error)
            try:
                return self._ask_nothing(lambda: question(self._client()))
            except HTTPUnauthorized as error:
                self._login = self._open_client = None
                raise self._no_login() from error

    def _log_in(self, error: Exception) -> None:
        known = self._login
        self._login = find_login(self._address.url, self._store.surroundings, user=self._address.user)
        self._open_client = None
        if self._login is None or self._login == known:
            raise self._no_login() from error

    def _no_login(self) -> CredentialsRefused:
        hint = "Store them with git's credential helper, or set GITREG_TOKEN and GITREG_TOKEN_HOST."
        return CredentialsRefused(f"{self.url} wants other credentials.", subject=self.url, hint=hint)

    def _ask_nothing(self, action: Callable[[], _T]) -> _T:
        try:
            with self._translated():
                return action()
        finally:
            while self.opened:
                with suppress(OSError):
                    self.opened.pop().close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Dulwich's errors as ours; a server's words are made harmless, and never hold our secrets."""
        try:
            yield
        except NotGitRepository as error:
            raise RemoteError(f"There is no git repository at {self.url}.", subject=self.url) from error
        except SendPackError as error:
            raise RemoteRefused(
                f"{self.url} could not store what we sent: {_words(error)}.", subject=self.url
            ) from error
        except (GitProtocolError, HangupException, UnexpectedCommandError) as error:
            if "http resp 403" in str(error):
                raise CredentialsRefused(f"{self.url} does not allow this.", subject=self.url) from error
            raise RemoteError(
                f"{self.url} cannot be reached or is no git server: {_words(error)}.", subject=self.url
            ) from error
        except OSError as error:
            if error.errno in _OUR_DISK:
                raise StorageError(f"{self._store.git_dir} cannot be written: {error.strerror}.") from error
            raise RemoteError(f"{self.url} cannot be reached: {_words(error)}.", subject=self.url) from error
        except _NO_ANSWER as error:
            raise RemoteError(f"{self.url} did not answer as git does: {_words(error)}.", subject=self.url) from error

    def _client(self) -> GitClient:
        """One client for all questions, so that its connection stays open."""
        if self._open_client is None:
            self._open_client = _http_client(self) if self._address.kind == "http" else _ssh_client(self)
        return self._open_client

    def _path(self) -> bytes:
        return b"" if self._address.kind == "http" else str(self._address.path).encode("utf-8", "surrogateescape")

    @property
    def address(self) -> Address:
        """The parsed URL."""
        return self._address

    @property
    def login(self) -> Login | None:
        """What we log in with, if anything."""
        return self._login

    @property
    def store(self) -> Writing:
        """The clone on our side."""
        return self._store


class _Closable(Protocol):
    def close(self) -> None: ...


class _Pool:
    """urllib3's pool, telling us of the answers it gives."""

    def __init__(self, pool: Any, opened: list[_Closable]) -> None:  # noqa: ANN401 - one of urllib3's two pools
        self._pool = pool
        self._opened = opened
        self.headers = pool.headers

    def request(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
        answer = self._pool.request(*arguments, **options)
        self._opened.append(answer)
        return answer


def _http_client(remote: WireRemote) -> GitClient:
    from dulwich.client import Urllib3HttpGitClient, default_urllib3_manager  # noqa: PLC0415 - slow to load

    config, url, login = remote.store.config.stacked(), remote.address.url, remote.login
    pool = default_urllib3_manager(config, base_url=url, timeout=_TIMEOUT_S)
    return Urllib3HttpGitClient(
        url,
        pool_manager=_Pool(pool, remote.opened),  # type: ignore[arg-type]
        config=config,
        username=login.user if login else None,
        password=login.secret if login else None,
        timeout=_TIMEOUT_S,
        quiet=True,
    )


def _ssh_client(remote: WireRemote) -> GitClient:
    from dulwich.client import SSHGitClient, SubprocessSSHVendor  # noqa: PLC0415 - slow to load, see the top

    class Client(SSHGitClient):
        """Tells us of the connections it opens."""

        def _connect(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
            opened = super()._connect(*arguments, **options)
            remote.opened.append(opened[0])
            return opened

    environ = remote.store.surroundings.environ
    command = environ.get("GIT_SSH_COMMAND") or environ.get("GIT_SSH") or remote.store.config.trusted("core.sshCommand")
    address = remote.address
    return Client(
        address.host,
        port=address.port,
        username=address.user,
        vendor=SubprocessSSHVendor(),
        ssh_command=command or "ssh",
        quiet=True,
    )


class _Haves:
    """Tells the server what we have: our tips, then their nearest ancestors, breadth first and not without end."""

    def __init__(self, store: Writing) -> None:
        tips = dict.fromkeys(tip for tip in store.refs("refs/").values() if tip in store.objects)
        self.shallow = {commit.encode() for commit in store.shallow()}
        self.update_shallow = None
        self._store = store
        self._queue = deque(tips)
        self._seen: set[str] = set(tips)
        self._left = _MAX_HAVES

    def __next__(self) -> ObjectID | None:
        if not self._queue or not self._left:
            return None
        self._left -= 1
        commit = self._queue.popleft()
        if commit.encode() not in self.shallow:
            for parent in commits.parents_of(self._store.objects.raw(commit, COMMIT)):
                if parent not in self._seen:
                    self._seen.add(parent)
                    self._queue.append(CommitId(parent))
        return ObjectID(commit.encode())

    next = __next__

    def ack(self, sha: bytes) -> None:
        """The server has this one; what lies below it need not be told, but harms nothing."""

    def nak(self) -> None:
        """The server has none of them."""


def _grows_from(store: Writing, tip: CommitId, known: set[CommitId]) -> bool:
    """Whether each parent of a tip is known to the other side: the common case, and it needs no walk."""
    return tip in known or all(parent in known for parent in store.commit(tip).parents)


def _clean(refs: Mapping[Any, Any], prefixes: Sequence[str]) -> dict[str, CommitId]:
    """A server's refs by name: those asked for, without peeled tags and whatever is not an id."""
    found: dict[str, CommitId] = {}
    for name, value in refs.items():
        ref = name.decode("utf-8", "replace")
        if value is not None and not ref.endswith("^{}") and matches(ref, prefixes):
            found[ref] = CommitId(value.decode("ascii", "replace"))
    return dict(sorted(found.items()))


def _encoded(prefixes: Sequence[str]) -> list[bytes]:
    return [prefix.encode() for prefix in prefixes]


def _words(error: BaseException) -> str:
    return plain_text(str(error))[:500].rstrip(".") or type(error).__name__
