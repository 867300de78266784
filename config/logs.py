"""What must not reach a log: a worker's link, or a download's, is a key, and whoever reads the log would hold it."""

import logging
import re

TOKEN = re.compile(r"/(join|start|me|practice|work|done|downloads)/[^/\s]+")


class HideTokens(logging.Filter):
    """Cuts the token out of the addresses of workers' pages and of downloads."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = TOKEN.sub(r"/\1/…", message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True
