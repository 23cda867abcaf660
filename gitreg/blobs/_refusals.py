"""What buckets refuse, as our errors. Nothing a server or library said is passed on whole: it may hold credentials."""

from __future__ import annotations

import contextlib
import re
import sys
from typing import TYPE_CHECKING

from gitreg.errors import CredentialsRefused, GitregError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDENTIALS_HINT = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for a user who may read and write it."
)

_CODE = re.compile(r"[A-Za-z0-9]{1,64}")
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "NoAuthTokenError"}
_UNREACHABLE = {
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "EndpointConnectionError",
    "FSTimeoutError",
    "HTTPClientError",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "SSLError",
    "TimeoutError",
    "gaierror",
}
_NOT_OFFERED = {"NotImplemented", "MethodNotAllowed"}
_NOT_S3 = {"KeyError", "ResponseParserError"}
"""s3fs stumbles over headers that every S3 sends."""


def without_credentials(url: str) -> str:
    """The URL as texts may show it: scheme, host and path.

    What stands before an at sign goes, also behind a slash: secret keys hold slashes, and no parser knows them apart.
    """
    scheme, separator, rest = url.partition("://")
    path = re.split(r"[?#]", rest if separator else scheme, maxsplit=1)[0]
    return f"{scheme if separator else ''}{separator}{path.rpartition('@')[2]}".rstrip("/")


@contextlib.contextmanager
def bucket_refusals(location: str) -> Iterator[None]:
    """Turns what fsspec, s3fs and botocore raise into `StorageError` and `CredentialsRefused`."""
    try:
        yield
    except _raised() as error:
        raise _explain(error, location) from None


@contextlib.contextmanager
def where_offered() -> Iterator[None]:
    """Passes over what a server does not offer, and nothing else."""
    try:
        yield
    except _raised() as error:
        if _code(error) not in _NOT_OFFERED:
            raise


def _raised() -> tuple[type[Exception], ...]:
    """What botocore raises is no OSError; where it was never loaded it raised nothing.

    An answer that is not S3's is a KeyError of s3fs's, an endpoint that is no URL a ValueError of botocore's.
    """
    botocore = sys.modules.get("botocore.exceptions")
    plain = (OSError, KeyError, ValueError)
    return plain if botocore is None else (*plain, botocore.BotoCoreError, botocore.ClientError)


def _explain(error: Exception, location: str) -> GitregError:
    kind, code = type(error).__name__, _code(error)
    said = f" ({code})" if code else f" ({kind})"
    if isinstance(error, PermissionError) or kind in _NO_CREDENTIALS:
        hint = CREDENTIALS_HINT
        if kind in _NO_CREDENTIALS:
            return CredentialsRefused(f"No credentials were found for {location}{said}.", subject=location, hint=hint)
        return CredentialsRefused(f"{location} refused our credentials{said}.", subject=location, hint=hint)
    if isinstance(error, FileNotFoundError):
        hint = "Create the bucket, or correct `blobs` in gitreg.json."
        return StorageError(f"{location} is not there{said}.", subject=location, hint=hint)
    return _unreachable(location, kind, said)


def _unreachable(location: str, kind: str, said: str) -> StorageError:
    hint = "Check the network, and the endpoint (AWS_ENDPOINT_URL)."
    if kind in _UNREACHABLE:
        return StorageError(f"{location} cannot be reached{said}.", subject=location, hint=hint)
    if kind in _NOT_S3:
        return StorageError(f"What answers for {location} is not S3{said}.", subject=location, hint=hint)
    return StorageError(f"{location} failed{said}.", subject=location, hint=hint)


def _code(error: BaseException) -> str:
    """The error code in S3's own answer, if one came."""
    for each in (error, error.__cause__, error.__context__):
        response = getattr(each, "response", None)
        code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
        if _CODE.fullmatch(str(code)):
            return str(code)
    return ""
