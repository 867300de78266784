"""Which addresses of the web are asked: http and https, on the ordinary ports, at servers that are public."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

from annotation.errors import UnsafePath

MAX_LENGTH = 2000
PORTS = {"http": 80, "https": 443}
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
TWO_SPELLINGS = re.compile("[ßς\u200c\u200d]")
"""Letters for which the two standards of international names give different servers."""

# The registries of special addresses, not those of the interpreter, which differ from version to version.
SPECIAL = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # within providers, and the metadata of one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # the platform below the machines of one cloud
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
        "2001::/23",  # tunnels and benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds any IPv4 address
        "3fff::/20",
    )
]
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Address:
    """Where something is asked for, and what."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as they are sent."""

    @property
    def place(self) -> str:
        return place(self.host, self.port)

    def leading_to(self, location: str) -> "Address":
        """Where a redirect leads, checked like any other address."""
        raw = quote(location.encode("latin-1", "replace"), safe="!#$%&'()*+,/:;=?@[]~")
        try:
            there = parsed(urljoin(f"{self.scheme}://{self.place}{self.target}", raw))
        except ValueError as error:
            raise UnsafePath("The address leads on to one that is malformed.") from error
        if self.scheme == "https" and there.scheme == "http":
            raise UnsafePath("The address leads from https on to http, where anybody on the way can change a picture.")
        return there


def is_url(text: str) -> bool:
    """Whether it is an address of the web, good or bad, and no path."""
    return text.lstrip().lower().startswith(("http://", "https://"))


def parsed(url: str) -> Address:
    """The parts of an address, or a refusal that says what is wrong with it."""
    text = url.strip()
    if len(text) > MAX_LENGTH:
        raise UnsafePath(f"The address has {len(text):,} characters; at most {MAX_LENGTH:,} are taken.")
    if ODD.search(text):
        raise UnsafePath("The address has characters that no address has, such as line breaks or backslashes.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UnsafePath("The address is malformed; write it as https://server/path.") from error
    if parts.scheme not in PORTS or not host:
        raise UnsafePath("The address is none of the web; write it as https://server/path.")
    if "@" in parts.netloc:
        raise UnsafePath("The address holds a name or a password; only what anybody may see is downloaded.")
    host, port = _plain(host), PORTS[parts.scheme] if port is None else port
    if port not in settings.DOWNLOAD_PORTS and not _is_allowed(host, port):
        raise UnsafePath(f"The address names port {port}; only {_listed(settings.DOWNLOAD_PORTS)} are asked.")
    query = f"?{_encoded(parts.query)}" if parts.query else ""
    return Address(parts.scheme, host, port, (_encoded(parts.path) or "/") + query)


def _plain(host: str) -> str:
    """The name of a server as the domain name system has it; numbers keep whichever of their many forms they have."""
    if ":" in host and "%" not in host:
        return str(ipaddress.IPv6Address(host))  # `urlsplit` took it between brackets, and as such
    if TWO_SPELLINGS.search(host):
        raise UnsafePath(
            "The server's name has letters that are spelt in two ways; write it as it is registered, xn--…."
        )
    try:
        name = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError as error:
        raise UnsafePath("The server's name is malformed; check the address.") from error
    if not NAME.fullmatch(name):
        raise UnsafePath("The server's name is malformed; check the address.")
    return name


def _encoded(text: str) -> str:
    return quote(text, safe="!$%&'()*+,/:;=?@[]~")


def _listed(ports: list[int]) -> str:
    return " and ".join(str(port) for port in ports)


def place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_allowed(host: str, port: int) -> bool:
    """Whether the operator allows this very server, wherever it is."""
    return place(host, port) in {each.lower() for each in settings.DOWNLOAD_PRIVATE_HOSTS}


def resolved(host: str, port: int) -> list[str]:
    """The numbers behind a name, in the order in which they are to be tried; numbers in any form become plain ones."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connectable(host: str, port: int) -> list[str]:
    """The addresses of a server that may be asked; every one of them is public, or the operator allows the server."""
    numbers = resolved(host, port)
    if not _is_allowed(host, port) and not all(is_public(number) for number in numbers):
        raise UnsafePath("The address leads into a network that is not public; only public servers are asked.")
    return numbers


def is_public(number: str) -> bool:
    """Whether an IP address is one of the open internet."""
    if "%" in number:
        return False
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address not in PUBLIC_IPV6:
            return False
    return not any(address.version == network.version and address in network for network in SPECIAL)
