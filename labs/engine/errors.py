"""Errors by whose fault they are. The text says what was expected, what came and what to do."""


class LabError(Exception):
    """Anything a lab can refuse."""


class DefinitionError(LabError):
    """The lab's author is wrong: the definition does not hold together."""


class ParameterError(LabError):
    """The learner is wrong: a parameter, action or argument is out of bounds."""


class NodeError(LabError):
    """Node code failed. Carries where and when."""

    def __init__(self, node: str, t_us: int, cause: Exception) -> None:
        super().__init__(f"{node} failed at {t_us / 1e6:.3f} s: {type(cause).__name__}: {cause}")
        self.node, self.t_us, self.cause = node, t_us, cause
