import pytest

from annotation.platforms.prolific import Access
from tests.annotation.platforms.prolific import given
from tests.annotation.platforms.prolific.contract import Contract
from tests.fakes.prolific import ProlificServer


class TestAtTheStandIn(Contract):
    @pytest.fixture
    def access(self, server: ProlificServer) -> Access:
        return given.access(server)
