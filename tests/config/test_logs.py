import logging

import pytest
from django.conf import settings
from django.test import Client
from django.utils.log import configure_logging

from config.logs import HideTokens


def test_a_token_is_cut_out_of_what_is_logged(client: Client, caplog: pytest.LogCaptureFixture, db: None) -> None:
    caplog.handler.addFilter(HideTokens())
    client.get("/work/MQ:secret-token/")
    client.get("/join/MQ:secret-token/")
    client.get("/start/MQ:secret-token/")
    assert "/work/…/" in caplog.text
    assert "/join/…/" in caplog.text
    assert "/start/…/" in caplog.text
    assert "secret-token" not in caplog.text


def test_other_lines_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(HideTokens())
    logging.getLogger("twinset").warning("class %d waits at /api/v1/runs/%d/", 3, 4)
    assert "class 3 waits at /api/v1/runs/4/" in caplog.text


def test_the_console_hides_tokens() -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["hide_tokens"]
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    consoles = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    assert any(isinstance(each, HideTokens) for handler in consoles for each in handler.filters)
