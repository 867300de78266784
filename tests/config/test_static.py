"""Scripts import each other by names that change with their content."""

import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

from config.static import StaticFiles

FOLDER = "frontend"


def test_scripts_import_each_other_by_the_names_of_this_release(tmp_path: Path) -> None:
    storage = StaticFiles(location=str(tmp_path), base_url="/static/")
    sources: dict[str, tuple[FileSystemStorage, str]] = {}
    for finder in finders.get_finders():
        sources |= {path: (where, path) for path, where in finder.list([]) if path.startswith(f"{FOLDER}/")}
    for path, (where, name) in sources.items():
        with where.open(name) as content:
            storage.save(path, content)
    assert all(not isinstance(processed, Exception) for *_, processed in storage.post_process(sources))
    for name, stored in storage.hashed_files.items():
        text = (tmp_path / stored).read_text() if name.endswith(".js") else ""
        imported = re.findall(r'^import .* from "(.*)";', text, re.MULTILINE)
        assert all((tmp_path / FOLDER / Path(each).name).is_file() and each.count(".") >= 2 for each in imported), name
        if name == f"{FOLDER}/grid.js":
            assert len(imported) == 3
