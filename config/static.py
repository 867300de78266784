"""Static files in production: compressed, and named after their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Also where one of our scripts imports another: else a browser could mix the scripts of two releases."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "frontend/*.js",
            (
                (
                    r"""(?P<matched>import (?P<names>\{.*?\}) from "(?P<url>\./.*?)";)""",
                    """import %(names)s from "%(url)s";""",
                ),
            ),
        ),
    )
