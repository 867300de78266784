"""docker-compose.yml can't be started everywhere, but whatever it names must exist."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
APP_SERVICES = [name for name, service in SERVICES.items() if service.get("image", "").startswith("twinset")]
PASSED_BY_ENV_FILE = {"PUBLIC_URL"}


def test_the_deployment_has_every_part() -> None:
    assert set(SERVICES) == {
        "migrate", "web", "queue", "queue-gpu", "beat", "postgres", "redis", "storage",
    }  # fmt: skip
    assert SERVICES["queue-gpu"]["profiles"] == ["gpu"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_depends_on_exists(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


def test_no_password_has_a_default() -> None:
    for variable, default in re.findall(r"\$\{(\w+)(.*?)\}", TEXT):
        assert default.startswith(":?"), f"{variable} must be demanded, not defaulted"
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|ACCESS_KEY|AUTH", key):
                assert "${" in value, f"{name}: {key} is written out"


def test_the_example_names_every_variable_that_is_demanded() -> None:
    demanded = set(re.findall(r"\$\{(\w+):\?", TEXT))
    named = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert demanded <= named
    assert named - demanded <= PASSED_BY_ENV_FILE


def test_the_example_gives_no_values() -> None:
    assert re.findall(r"^\w+=(.+)$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE) == []


@pytest.mark.parametrize("name", APP_SERVICES)
def test_every_variable_is_one_the_settings_read(name: str) -> None:
    settings = (ROOT / "config" / "settings.py").read_text()
    for variable in SERVICES[name]["environment"]:
        assert f'"{variable}"' in settings, f"{variable} is not read by config/settings.py"


@pytest.mark.parametrize("name", [name for name in APP_SERVICES if "command" in SERVICES[name]])
def test_every_command_exists(name: str) -> None:
    command = SERVICES[name]["command"]
    if command[:2] == ["python", "manage.py"]:
        from django.core.management import get_commands

        assert command[2] in get_commands()
    else:
        assert importlib.util.find_spec(command[0]) is not None


@pytest.mark.parametrize("queue", ["default", "gpu"])
def test_every_queue_has_a_consumer(queue: str) -> None:
    consumers = [service["command"] for service in SERVICES.values() if "--queues" in service.get("command", [])]
    assert [queue] in [[command[command.index("--queues") + 1]] for command in consumers]


def test_the_dockerfile_copies_what_exists() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), f"{source} is copied but is not there"


def test_the_consumer_for_a_gpu_has_an_image_with_cuda_and_takes_no_cpu() -> None:
    service, dockerfile = SERVICES["queue-gpu"], (ROOT / "Dockerfile").read_text()
    [argument] = service["build"]["args"]
    assert re.search(rf"^ARG {argument}=$", dockerfile, flags=re.MULTILINE)
    assert service["image"] not in [other["image"] for other in SERVICES.values() if other is not service]
    assert service["environment"] == SERVICES["queue"]["environment"] | {"SCORING_DEVICE": "cuda"}


def test_what_an_image_with_cuda_has_on_top_changes_nothing_else() -> None:
    pins = [
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-gpu.lock")
    ]
    assert "onnxruntime-gpu" in pins[1]
    assert {name: pins[1][name] for name in pins[0].keys() & pins[1].keys()}.items() <= pins[0].items()


def test_the_procfile_starts_web_both_queues_and_beat() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["web", "queue", "queue_gpu", "beat"]
    for line in lines:
        assert importlib.util.find_spec(line.split()[1]) is not None
