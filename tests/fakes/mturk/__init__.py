"""A local server of Mechanical Turk's protocol, kept honest by botocore's own description of the service."""

from tests.fakes.mturk.faults import Fault
from tests.fakes.mturk.server import ACCESS_KEY, REGION, SECRET_KEY, MTurkServer

__all__ = ["ACCESS_KEY", "REGION", "SECRET_KEY", "Fault", "MTurkServer"]
