"""The one tree of errors that Weekwise raises on purpose.

Each message is for the person who runs Weekwise: it states the fact, then what to do next.
The command line prints it without a traceback and exits with status 1.
"""


class WeekwiseError(Exception):
    """Something a user can fix; its text says how."""


class ConfigurationError(WeekwiseError):
    """The configuration of an environment cannot be used as it is."""


class ContractError(WeekwiseError):
    """A contract file does not describe a table in the way it must."""


class DataGateError(WeekwiseError):
    """A table broke its contract in a way that stops the run."""


class AsOfError(WeekwiseError):
    """An as-of date is malformed, outside the data, or not the one a table was built for."""


class EndOfFeed(AsOfError):  # noqa: N818 - a state, not a mistake: there is nothing left to run
    """Every week of the feed has been run already."""


class FeedError(WeekwiseError):
    """The feed cannot give what a run needs of it."""


class StoreError(WeekwiseError):
    """The store cannot be opened or written."""


class StoreInUseError(StoreError):
    """Another process holds the store."""


class RegistryError(WeekwiseError):
    """The model registry does not hold, or refuses, what was asked of it."""


class LostModelError(RegistryError):
    """A registered version, or its files, was deleted or damaged; waiting does not help."""


class OrchestrationError(WeekwiseError):
    """The weekly flow cannot be run, deployed or scheduled as it is asked for."""


class ApiUnavailableError(OrchestrationError):
    """The Prefect API does not answer, or not well; waiting may help."""


class RunInProgressError(OrchestrationError):
    """Another run of the same environment is running."""
