"""What holds at Prolific and at its stand-in alike, and costs nothing at either: drafts, groups, sums.

`test_contract.py` runs it against the stand-in, `tests/verification/test_prolific.py` against Prolific.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from annotation.access import Secret
from annotation.platforms.paid import NoAccess, PlatformRefused, Posting, PostingState
from annotation.platforms.prolific import Access, ProlificPlatform
from tests.annotation.platforms.prolific import given

NOWHERE = "0123456789abcdef01234567"


class Contract:
    """Needs the fixtures `platform` and `access` of whoever inherits it."""

    @pytest.fixture
    def posting(self, platform: ProlificPlatform) -> Iterator[Posting]:
        """A posting nobody has made before; what the test puts up is deleted, as long as it is a draft."""
        _, currency = platform.balance()
        made = given.posting(token=f"try-{secrets.token_hex(8)}", currency=currency)
        yield made
        for each in list(platform.postings()):
            if each.token == made.token:
                platform.close(each.external_id)

    def test_a_draft_is_found_by_its_token(self, platform: ProlificPlatform, posting: Posting) -> None:
        drafted = platform.draft(posting)
        assert (drafted.token, drafted.state, drafted.num_places) == (posting.token, PostingState.DRAFT, 3)
        assert platform.find(posting.token) == drafted

    def test_a_draft_is_made_once(self, platform: ProlificPlatform, posting: Posting) -> None:
        first = platform.draft(posting)
        assert platform.draft(replace(posting, title="Another title")) == first
        assert [each.token for each in platform.postings()].count(posting.token) == 1

    def test_places_are_raised_and_never_lowered(self, platform: ProlificPlatform, posting: Posting) -> None:
        drafted = platform.draft(posting)
        assert platform.extend(drafted.external_id, num_places=5, token="more").num_places == 5
        assert platform.extend(drafted.external_id, num_places=4, token="less").num_places == 5

    def test_a_draft_that_is_closed_is_gone(self, platform: ProlificPlatform, posting: Posting) -> None:
        platform.close(platform.draft(posting).external_id)
        assert platform.find(posting.token) is None

    def test_nobody_has_taken_a_place_in_a_draft(self, platform: ProlificPlatform, posting: Posting) -> None:
        drafted = platform.draft(posting)
        assert list(platform.submissions(drafted.external_id)) == []
        assert list(platform.bonuses(drafted.external_id)) == []

    def test_text_arrives_as_text(self, platform: ProlificPlatform, posting: Posting) -> None:
        hostile = replace(posting, title='"><b>=1+1\x00', description="<script>alert(1)</script>\n\n<b>& so on</b>")
        assert platform.draft(hostile).token == posting.token

    def test_an_unknown_token_is_not_found(self, platform: ProlificPlatform) -> None:
        assert platform.find(secrets.token_hex(8)) is None

    def test_the_fee_grows_with_the_places(self, platform: ProlificPlatform) -> None:
        one, ten = (platform.fee(pay_minor_units=150, num_places=places) for places in (1, 10))
        assert 0 < one < ten

    def test_the_balance_is_in_a_known_currency(self, platform: ProlificPlatform) -> None:
        _, currency = platform.balance()
        assert currency in platform.capabilities.currencies

    def test_another_currency_is_refused(self, platform: ProlificPlatform, posting: Posting) -> None:
        with pytest.raises(PlatformRefused, match="currency"):
            platform.draft(replace(posting, currency="JPY"))
        assert platform.find(posting.token) is None

    def test_a_group_is_made_once_and_holds_each_worker_once(self, platform: ProlificPlatform) -> None:
        """The group stays: it is found again by its name the next time."""
        group = platform.groups.make("twinset: a trial")
        assert platform.groups.make("twinset: a trial") == group == platform.groups.find("twinset: a trial")

    def test_what_is_not_there_is_refused(self, platform: ProlificPlatform) -> None:
        with pytest.raises(PlatformRefused):
            platform.pause(NOWHERE)
        with pytest.raises(PlatformRefused):
            platform.approve(NOWHERE)

    def test_another_token_is_not_let_in(self, access: Access) -> None:
        stranger = ProlificPlatform(
            replace(access, token=Secret("not-a-token")), book=given.MemoryBook(), clock=lambda: pytest.fail("no clock")
        )
        with pytest.raises(NoAccess):
            stranger.balance()
        stranger.close_connections()
