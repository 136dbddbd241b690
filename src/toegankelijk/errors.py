"""The errors of this package.

ToegankelijkError
├── NormError           (also ValueError)   a norm folder has faults
├── ConfigError         (also ValueError)   a call or a city.toml is wrong
├── InputError          (also ValueError)   delivered data is refused
│   └── CrsError                            a coordinate system is missing, geographic or contradictory
└── MissingExtraError   (also ImportError)  an optional package is not installed
"""

from collections.abc import Iterable


class ToegankelijkError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message
        What is wrong, where, and what to do.
    problems
        All problems found, one line each; they are listed under the message.
    """

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        self.message = message
        self.problems = tuple(problems)
        super().__init__("\n- ".join([message, *self.problems]))


class NormError(ToegankelijkError, ValueError):
    """A norm folder has faults."""


class ConfigError(ToegankelijkError, ValueError):
    """A call or a city.toml is wrong."""


class InputError(ToegankelijkError, ValueError):
    """Delivered data is refused."""


class CrsError(InputError):
    """A coordinate system is missing, geographic or contradictory."""


class MissingExtraError(ToegankelijkError, ImportError):
    """An optional package is not installed."""


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtraError:
    """Error that names the extra to install for an optional package."""
    return MissingExtraError(
        f"{purpose} needs the package {package!r}, which is not installed. Run: pip install 'toegankelijk[{extra}]'"
    )
