"""The one error that the exporter shows to its user."""


class ExportError(Exception):
    """The checkpoint cannot be exported. The message says what, where and what to do."""
