"""HTTP to one forge: the only module that knows httpx.

A token goes to the forge's own origin and nowhere else: no redirect and no link of an answer is followed off it. Only
what cannot have been done twice is asked twice. Everything that comes back is bounded in size, pages and time.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from gitreg.errors import MissingExtra, RemoteError
from gitreg.forges.refusals import refusal

try:
    import httpx
except ModuleNotFoundError as _missing:
    raise MissingExtra(
        "Talking to a forge needs httpx, which is not installed.", hint="pip install 'gitreg[forges]'"
    ) from _missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.forges.values import Clock, Patience, Token

_SAFE = frozenset({"GET", "HEAD"})
_MOVED = frozenset({301, 302, 307, 308})
_BUSY = frozenset({500, 502, 503, 504})
_SLOW_DOWN = frozenset({403, 429})
_MAX_MOVES = 3
_NEXT = re.compile(r"""<(?P<url>[^<>]*)>[^<>,]*;\s*rel="?next"?""")  # RFC 8288, as far as the forges write it
_MAX_LINK = 8000
_PAGE = "100"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Site:
    """Where a forge's API lives. `api` has no slash at its end."""

    name: str
    api: str
    headers: Mapping[str, str]
    token_header: str
    token_prefix: str = ""

    @property
    def is_open(self) -> bool:
        """Whether words travel in the clear; `where` allows that only on this machine."""
        return self.api.startswith("http://")


@dataclass(frozen=True)
class Ask:
    """One request. `needs` is the permission it takes, in the forge's own words, for the day it is refused."""

    method: str
    path: str
    needs: str
    body: Mapping[str, Any] | None = None
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, and the JSON (None for an empty body)."""

    status: int
    headers: Mapping[str, str]
    json: Any


class Web:
    """A forge's HTTP API."""

    def __init__(self, site: Site, token: Token | None, clock: Clock, patience: Patience) -> None:
        self.site = site
        self.token = token
        self._clock = clock
        self._patience = patience
        headers = {**site.headers, "User-Agent": "gitreg"}
        if token is not None:
            headers[site.token_header] = site.token_prefix + token.secret
        # A proxy is for the way out; what is said in the clear to this very machine has no business there.
        self._client = httpx.Client(
            headers=headers,
            timeout=patience.read_timeout_s,
            follow_redirects=False,
            # A forge is asked a few times in a process's life, and nobody closes it: no connection stays open.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=not site.is_open,
        )

    def get(self, path: str, needs: str, **params: str) -> Any:  # noqa: ANN401 - any JSON
        """The JSON at a path below the API's address."""
        return self.ask(Ask("GET", path, needs, params=params)).json

    def send(self, method: str, path: str, needs: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """Send JSON; the JSON that comes back."""
        return self.ask(Ask(method, path, needs, body)).json

    def pages(self, path: str, needs: str, **params: str) -> Iterator[Any]:
        """The JSON of each page of a list, as `Link` (all forges) or `X-Next-Page` (GitLab) lead on."""
        ask = Ask("GET", path, needs, params={"per_page": _PAGE, **params})
        for _ in range(self._patience.pages):
            answer = self.ask(ask)
            yield answer.json
            following = self._following(ask, answer)
            if following is None:
                return
            ask = following
        raise RemoteError(f"{self.site.name} lists more than {self._patience.pages} pages at {path}.", subject=path)

    def ask(self, ask: Ask) -> Answer:
        """Ask until there is an answer that is one. Raises the error that a refusal means."""
        for attempt in range(1, self._patience.attempts + 1):
            is_last = attempt == self._patience.attempts
            try:
                answer = self._once(ask)
            except httpx.RequestError as error:
                if is_last or not _may_repeat(ask, error):
                    raise self._unreachable(error) from None
                self._pause(self._backoff(attempt))
                continue
            pause = self._pause_wanted(ask, answer, attempt)
            if pause is None:
                return self._good(ask, answer)
            if is_last or pause > self._patience.longest_pause_s:
                raise self._too_long(ask, answer, pause)
            self._pause(pause)
        raise RemoteError(f"{self.site.name} was not asked: no attempts are allowed.")

    def _good(self, ask: Ask, answer: Answer) -> Answer:
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - RFC 9110: these are the successes
            raise refusal(self.site.name, ask.needs, answer.status, answer.headers, answer.json, self.token)
        return answer

    def _once(self, ask: Ask) -> Answer:
        """One request, with redirects that stay on the forge."""
        url = ask.path if "://" in ask.path else self.site.api + ask.path
        params: Mapping[str, str] | None = ask.params or None
        for _ in range(_MAX_MOVES):
            answer = self._exchange(ask, url, params)
            if answer.status not in _MOVED:
                return answer
            url, params = self._moved(ask, url, answer), None
        raise RemoteError(f"{self.site.name} sends us from one address to another without end.")

    def _exchange(self, ask: Ask, url: str, params: Mapping[str, str] | None) -> Answer:
        self._check_origin(url)
        body = dict(ask.body) if ask.body is not None else None
        request = self._client.build_request(ask.method, url, params=params, json=body)
        response = self._client.send(request, stream=True)
        try:
            data = self._read(response)
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, self._parsed(data, response.status_code))

    def _read(self, response: httpx.Response) -> bytes:
        """The body, as long as it comes in time and is no longer than an answer may be."""
        data, begun = bytearray(), self._clock.now()
        for chunk in response.iter_bytes(65536):
            data += chunk
            if len(data) > self._patience.answer_bytes:
                raise RemoteError(f"{self.site.name} answers with more than {self._patience.answer_bytes} bytes.")
            if (self._clock.now() - begun).total_seconds() > self._patience.answer_timeout_s:
                raise RemoteError(
                    f"{self.site.name} takes more than {self._patience.answer_timeout_s:.0f} s to answer."
                )
        return bytes(data)

    def _parsed(self, data: bytes, status: int) -> Any:  # noqa: ANN401 - any JSON
        if not data.strip():
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            if status >= 300 and status not in _MOVED:  # noqa: PLR2004 - an error page may be HTML
                return None
            hint = "Is this the forge's address, and no login page or proxy in front of it?"
            raise RemoteError(f"{self.site.name} does not answer in JSON.", subject=self.site.api, hint=hint) from None

    def _moved(self, ask: Ask, url: str, answer: Answer) -> str:
        target = self._joined(url, answer.headers.get("location", ""))
        if ask.method not in _SAFE and answer.status in (301, 302):
            raise RemoteError(f"{self.site.name} says that the repository has moved.", hint="Correct the remote's URL.")
        self._check_origin(target)
        return target

    def _joined(self, url: str, where: str) -> str:
        try:
            return urljoin(url, where)
        except ValueError:
            raise RemoteError(f"{self.site.name} sends us on to what is no URL.", subject=self.site.api) from None

    def _check_origin(self, url: str) -> None:
        there, here = urlsplit(url), urlsplit(self.site.api)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            message = f"{self.site.name} sends us on to {there.scheme}://{there.hostname}, where its token may not go."
            raise RemoteError(message, subject=self.site.api)

    def _following(self, ask: Ask, answer: Answer) -> Ask | None:
        link = _NEXT.search(answer.headers.get("link", "")[:_MAX_LINK])
        if link:
            return Ask("GET", self._joined(self.site.api + "/", link["url"]), ask.needs)
        page = answer.headers.get("x-next-page", "")
        return Ask("GET", ask.path, ask.needs, params={**ask.params, "page": page}) if page.isdigit() else None

    # --- waiting -----------------------------------------------------------------------------------------------------

    def _pause_wanted(self, ask: Ask, answer: Answer, attempt: int) -> float | None:
        """Seconds to wait before asking again; None where the answer stands."""
        if answer.status in _SLOW_DOWN:  # a request over the limit was not carried out: any may be repeated
            asked_for = self._asked_for(answer.headers)
            if asked_for is None and answer.status == 429:  # noqa: PLR2004 - RFC 6585
                return self._backoff(attempt)
            return asked_for
        if answer.status in _BUSY and ask.method in _SAFE:
            return max(self._asked_for(answer.headers) or 0.0, self._backoff(attempt))
        return None

    def _asked_for(self, headers: Mapping[str, str]) -> float | None:
        """What `Retry-After` (RFC 9110: seconds or a date) or an empty `X-RateLimit-*` (GitHub), `RateLimit-*` (GitLab)
        asks for, in seconds.
        """
        if "retry-after" in headers:
            return self._until(headers["retry-after"])
        for prefix in ("x-ratelimit", "ratelimit"):
            if headers.get(f"{prefix}-remaining") == "0" and headers.get(f"{prefix}-reset", "").isdecimal():
                return max(0.0, int(headers[f"{prefix}-reset"][:12]) - self._clock.now().timestamp()) + 1
        return None

    def _until(self, value: str) -> float | None:
        if value.strip().isdecimal():
            return float(value.strip()[:12])
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._clock.now()).total_seconds())
        except (ValueError, TypeError):  # no date, or one without a zone
            return None

    def _backoff(self, attempt: int) -> float:
        """Twice as long each time, and between half and all of it, so that many clients do not come back together."""
        longest = self._patience.first_pause_s * 2.0 ** (attempt - 1)
        return longest * (0.5 + self._clock.jitter() / 2)

    def _pause(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def _too_long(self, ask: Ask, answer: Answer, pause: float) -> RemoteError:
        if answer.status in _SLOW_DOWN:
            message = f"{self.site.name} has had too many requests and asks for a pause of {pause:.0f} s."
            return RemoteError(message, subject=self.site.api, hint="Try again then.")
        error = refusal(self.site.name, ask.needs, answer.status, answer.headers, answer.json, self.token)
        return error if isinstance(error, RemoteError) else RemoteError(str(error))

    def _unreachable(self, error: httpx.RequestError) -> RemoteError:
        # Its words may hold a proxy's URL with a password; its class says what happened.
        host = urlsplit(self.site.api).netloc
        why = str(error) if "certificate" in str(error).lower() else type(error).__name__
        hint = "Behind a proxy set HTTPS_PROXY; for a private certificate authority set SSL_CERT_FILE."
        return RemoteError(f"{self.site.name} at {host} cannot be reached ({why[:200]}).", subject=host, hint=hint)


def _may_repeat(ask: Ask, error: httpx.RequestError) -> bool:
    """A request that never reached the forge may go again, whatever it asks; any other only if it changes nothing."""
    return ask.method in _SAFE or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
