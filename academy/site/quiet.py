"""What is written to the log about a request that was refused: one line."""

import logging


class Quiet(logging.Filter):
    """Takes the traceback from words about a request that the site answered as it should; that of a failure (500) stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True
