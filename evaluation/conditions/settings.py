"""What stands after the colon in a condition's name: `gaussian_noise:3`, `pgd:linf,8`."""

import re
from dataclasses import dataclass

from evaluation.errors import CannotRequest

NUMBER = re.compile(r"-?\d{1,6}(\.\d{1,3})?")
Value = float | str


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`; `each` are those that stand for the whole range."""

    name: str
    low: float
    high: float
    is_whole: bool = False
    default: float | None = None
    each: tuple[float, ...] = ()

    @property
    def choice(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def read(self, text: str) -> float:
        value = float(text) if NUMBER.fullmatch(text) else None
        if value is None or not self.low <= value <= self.high or (self.is_whole and value != int(value)):
            kind = "a whole number" if self.is_whole else "a number"
            raise CannotRequest(f"{self.name} is {text!r}; it must be {kind} from {self.low:g} to {self.high:g}.")
        return value + 0.0  # −0 is 0


@dataclass(frozen=True)
class Word:
    """One of a few words."""

    name: str
    each: tuple[str, ...]
    default: str | None = None

    @property
    def choice(self) -> str:
        return " or ".join(self.each)

    def read(self, text: str) -> str:
        if text not in self.each:
            raise CannotRequest(f"{self.name} is {text!r}; it must be one of {', '.join(self.each)}.")
        return text


Setting = Number | Word


def read_all(settings: tuple[Setting, ...], text: str) -> tuple[Value, ...]:
    """The values of all settings, in their order; those left out at the end have their default."""
    texts = [each.strip() for each in text.split(",")] if text else []
    num_needed = sum(setting.default is None for setting in settings)
    if not num_needed <= len(texts) <= len(settings):
        raise CannotRequest(f"expected {_told(settings) or 'nothing after the name'}; found {text or 'nothing'!r}.")
    given = [setting.read(each) for setting, each in zip(settings, texts, strict=False)]
    return (*given, *(setting.default for setting in settings[len(given) :] if setting.default is not None))


def spelling(settings: tuple[Setting, ...]) -> str:
    """How a name is written, such as `NORM,SIZE[,STEPS]`."""
    needed = ",".join(setting.name.upper() for setting in settings if setting.default is None)
    return needed + "".join(f"[,{setting.name.upper()}]" for setting in settings if setting.default is not None)


def _told(settings: tuple[Setting, ...]) -> str:
    return ", ".join(f"{setting.name} ({setting.choice})" for setting in settings)
