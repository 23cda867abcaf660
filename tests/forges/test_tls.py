"""A private certificate authority and a proxy, both named by the environment."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gitreg.errors import RemoteError
from gitreg.forges import ForgeSetting, forge_of
from tests.forges.conftest import PROJECT, SECRET, Slept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.forges import Forge


class Empty(BaseHTTPRequestHandler):
    """An empty list for every question; what it was asked with is kept."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        """Silent."""


def write_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day, now = timedelta(days=1), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("forge.example")])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "both.pem").write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "both.pem"


@contextmanager
def secure(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Port of a forge behind TLS, and the tokens it saw."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        server.seen = []  # type: ignore[attr-defined]
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that does not trust it hangs up
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_port, server.seen  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@dataclass
class Proxy:
    """Takes CONNECT once, leads it to a port, and keeps what it saw in the clear."""

    listener: socket.socket
    target: int
    heard: list[bytes] = field(default_factory=list)

    def run(self) -> None:
        client, _ = self.listener.accept()
        with closing(client), socket.create_connection(("127.0.0.1", self.target)) as server:
            self.heard.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
            back.start()
            self.pump(client, server)
            back.join(5)

    def pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self.heard.append(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


def forge_over(url: str) -> Forge:
    environ = {"GITREG_FORGE_TOKEN": SECRET}
    return forge_of(f"{url}/{PROJECT}", environ, Slept().clock(), None, ForgeSetting("github", url))


def test_a_private_authority_is_trusted_when_named_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with secure(tmp_path) as (port, seen):
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(RemoteError, match="certificate") as caught:
            forge_over(f"https://127.0.0.1:{port}").pull_requests()
        assert "SSL_CERT_FILE" in caught.value.hint
        assert seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert forge_over(f"https://127.0.0.1:{port}").pull_requests() == []
        assert seen == [f"Bearer {SECRET}"]


def test_a_proxy_leads_to_the_forge_and_sees_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with secure(tmp_path) as (port, seen), socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(listener, port)
        thread = threading.Thread(target=proxy.run, daemon=True)
        thread.start()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:hunter2@127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert forge_over("https://forge.example").pull_requests() == []
        thread.join(5)
    assert seen == [f"Bearer {SECRET}"]
    assert proxy.heard[0].startswith(b"CONNECT forge.example:443 ")
    assert SECRET.encode() not in b"".join(proxy.heard)


def test_a_proxy_that_is_not_there_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://someone:hunter2@127.0.0.1:{port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(RemoteError, match="cannot be reached") as caught:
        forge_over("https://forge.example").pull_requests()
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"
