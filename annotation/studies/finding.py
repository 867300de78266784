"""A study's classes by what folders, tables and people call them."""

import difflib
import unicodedata

from annotation.errors import UnknownClass
from annotation.models import Study, TargetClass
from annotation.studies.texts import MAX_NAME


class ClassFinder:
    """Finds a study's classes by what folders and tables call them: the class id, or else the name."""

    def __init__(self, study: Study) -> None:
        rows = list(study.target_classes.order_by("number"))
        self._by_id = {row.class_id: row for row in rows}
        self._by_name: dict[str, list[TargetClass]] = {}
        for row in rows:
            self._by_name.setdefault(row.name, []).append(row)

    def find(self, text: str) -> TargetClass:
        """The class, or a refusal that suggests the classes there are."""
        found = self.look_up(text)
        if found is None:
            wanted = unicodedata.normalize("NFC", text).strip()
            raise UnknownClass(f"The study has no class {wanted!r}; {self._suggestion(wanted)}")
        return found

    def look_up(self, text: str) -> TargetClass | None:
        """The class, or none; a name that several classes have is refused."""
        wanted = unicodedata.normalize("NFC", text).strip()
        if wanted in self._by_id:
            return self._by_id[wanted]
        named = self._by_name.get(wanted, [])
        if len(named) > 1:
            ids = ", ".join(row.class_id for row in named)
            raise UnknownClass(f"Several classes are called {wanted!r}: {ids}; use the class id.")
        return named[0] if named else None

    def _suggestion(self, wanted: str) -> str:
        if not self._by_id:
            return "it has no classes at all: add them first."
        close = difflib.get_close_matches(wanted[:MAX_NAME], [*self._by_id, *self._by_name], n=3)
        if close:
            ids = [text if text in self._by_id else self._by_name[text][0].class_id for text in close]
            return f"did you mean {' or '.join(dict.fromkeys(ids))}?"
        ids = list(self._by_id)
        more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
        return f"its classes are {', '.join(ids[:5])}{more}."
