"""Servers on this machine that answer downloads, well or badly, over real HTTP."""

from tests.fakes.web.answers import Answer, body, dribble, endless, redirect, status, truncated
from tests.fakes.web.server import WebServer

__all__ = ["Answer", "WebServer", "body", "dribble", "endless", "redirect", "status", "truncated"]
