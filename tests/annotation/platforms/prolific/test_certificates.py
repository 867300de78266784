"""The token goes to nobody who can't prove to be whom the endpoint names."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from annotation.platforms.paid import PlatformRefused
from annotation.platforms.prolific import ProlificPlatform
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, ProlificServer


def certificate(folder: Path) -> Path:
    """One for 127.0.0.1 that nobody has signed but itself, with its key (moto brings cryptography)."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "twinset test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
def encrypted(account: Account, pem: Path) -> Iterator[ProlificServer]:
    server = ProlificServer(account)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    server.address = server.address.replace("http://", "https://")
    with server:
        yield server


def test_a_certificate_that_nobody_vouches_for_is_refused(encrypted: ProlificServer, book: given.MemoryBook) -> None:
    platform = given.platform(encrypted, book)
    with pytest.raises(PlatformRefused, match="certificate is not valid"):
        platform.balance()
    with pytest.raises(PlatformRefused, match="certificate is not valid"):
        platform.groups.make("qualified")
    platform.close_connections()
    assert encrypted.requests == []


def test_one_that_the_machine_trusts_is_taken(
    encrypted: ProlificServer, book: given.MemoryBook, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the refusal above is for the certificate, and for nothing else."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    platform: ProlificPlatform = given.platform(encrypted, book)
    assert platform.balance() == (100_000, "GBP")
    platform.close_connections()
