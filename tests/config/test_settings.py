"""Secure by default: production refuses to start while anything is missing."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check_deploy import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
FOR_TESTS = {
    "TWINSET_REFERENCE_DIR",
    "TWINSET_EXTERNAL_DATABASE_URL",
    "TWINSET_EXTERNAL_REDIS_URL",
    "TWINSET_MTURK_SANDBOX",
    "TWINSET_EXTERNAL_PROLIFIC",
    "TWINSET_EXTERNAL_FLICKR",
}


def start(variables: dict[str, str], shown: str = "DEBUG") -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in PRODUCTION}
    command = [sys.executable, "-c", f"import config.settings as s; print({shown!r}, s.{shown})"]
    return subprocess.run(command, env=inherited | variables, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "STORAGE_BUCKET"])
def test_production_does_not_start_without(missing: str) -> None:
    outcome = start({key: value for key, value in PRODUCTION.items() if key != missing})
    assert outcome.returncode != 0
    assert missing in outcome.stderr


def test_production_refuses_a_short_key() -> None:
    outcome = start(PRODUCTION | {"SECRET_KEY": "secret"})
    assert outcome.returncode != 0
    assert "too short" in outcome.stderr


@pytest.mark.parametrize("given", [{"DEBUG": "true"}, {"ALLOWED_HOSTS": "*"}, {"ALLOWED_HOSTS": "twinset.example,*"}])
def test_production_refuses_what_would_show_it_to_everybody(given: dict[str, str]) -> None:
    outcome = start(PRODUCTION | given)
    assert outcome.returncode != 0
    assert f"{next(iter(given))} must" in outcome.stderr


def test_production_starts_when_all_is_named_and_is_not_in_debug_mode() -> None:
    outcome = start(PRODUCTION)
    assert (outcome.returncode, outcome.stdout.strip()) == (0, "DEBUG False"), outcome.stderr


@pytest.mark.parametrize(
    ("given", "told"), [("", "https://twinset.example"), ("https://pub.example/", "https://pub.example")]
)
def test_links_start_with_the_public_url_or_the_first_host(given: str, told: str) -> None:
    outcome = start(PRODUCTION | {"PUBLIC_URL": given}, "PUBLIC_URL")
    assert outcome.stdout.split() == ["PUBLIC_URL", told], outcome.stderr


def test_what_is_read_from_a_bucket_goes_by_a_file_where_it_is_large() -> None:
    outcome = start(PRODUCTION, "STORAGES['default']['OPTIONS']['max_memory_size']")
    assert 0 < int(outcome.stdout.split()[-1]) < 2**25, outcome.stderr


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, "31536000 True True"),
        ({"SECURE_HSTS_SECONDS": "3600", "SECURE_HSTS_SUBDOMAINS": "false"}, "3600 False False"),
        ({"SECURE_HSTS_SECONDS": "0"}, "0 True True"),
    ],
)
def test_how_long_browsers_ask_by_https_only_can_be_said(given: dict[str, str], header: str) -> None:
    shown = "SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD"
    outcome = start(PRODUCTION | given, shown)
    assert outcome.stdout.rstrip().endswith(header), outcome.stderr


def test_a_time_below_zero_is_refused_and_without_production_browsers_are_told_nothing() -> None:
    assert "SECURE_HSTS_SECONDS must be 0" in start(PRODUCTION | {"SECURE_HSTS_SECONDS": "-1"}).stderr
    outcome = start({"SECURE_HSTS_SECONDS": "3600"}, "SECURE_HSTS_SECONDS")
    assert outcome.stdout.split()[-1] == "0", outcome.stderr


def test_an_unknown_mode_is_refused() -> None:
    assert "must be 'local' or 'production'" in start(PRODUCTION | {"TWINSET_MODE": "prod"}).stderr


def test_every_variable_is_documented() -> None:
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_required_in_production)\(\s*"(\w+)"', settings))
    documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs" / "configuration.md").read_text(), flags=re.MULTILINE))
    assert read == documented - {"PORT", "CHROMIUM", *FOR_TESTS}


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:a", "CPU", ""])
def test_a_device_that_is_none_is_refused(device: str) -> None:
    outcome = start({"SCORING_DEVICE": device})
    assert outcome.returncode != 0
    assert "it must be auto, cpu, cuda or such as cuda:1" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOWNLOAD_PRIVATE_HOSTS", "intern.example"),
        ("DOWNLOAD_PRIVATE_HOSTS", "http://intern.example:80"),
        ("DOWNLOAD_CONTACT", "Rosa (rosa@example.org)"),
        ("DOWNLOADS_PER_HOST", "0"),
    ],
)
def test_downloads_that_are_set_in_a_way_that_means_nothing_are_refused(name: str, value: str) -> None:
    outcome = start({name: value})
    assert outcome.returncode != 0
    assert name in outcome.stderr


def test_private_hosts_are_given_with_their_ports() -> None:
    outcome = start({"DOWNLOAD_PRIVATE_HOSTS": "intern.example:8080,[fd00::7]:80"}, "DOWNLOAD_PRIVATE_HOSTS")
    assert outcome.stdout.strip() == "DOWNLOAD_PRIVATE_HOSTS ['intern.example:8080', '[fd00::7]:80']", outcome.stderr


def test_nothing_that_beat_sends_waits_for_ever() -> None:
    told = {"MTURK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/told", "PROLIFIC_WEBHOOK_SECRET": "s" * 40}
    outcome = start(told, "CELERY_BEAT_SCHEDULE")
    schedule = ast.literal_eval(outcome.stdout.partition(" ")[2])
    assert {"hear-what-mturk-tells", "be-told-by-prolific", "take-over-what-stopped"} <= schedule.keys()
    assert {entry["options"]["expires"] for entry in schedule.values()} == {600.0}
