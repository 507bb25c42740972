class LaunchError(Exception):
    """An expected failure. The text is for the person at the terminal: what was expected, what came, what to do."""


class Stopped(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP, raised only where waiting is done, so that no child is ever half registered."""
