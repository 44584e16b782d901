"""Structured logs on stderr: one JSON object a line, or coloured text on a terminal.

Secrets and personal data never get there: values under the names of ``HIDDEN`` are replaced, whoever
logs them. Levels: debug for engineers, info for what changed, warning for what an operator may look at
tomorrow, error for what they should look at now.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from gateway.app.config import LogLevel

HIDDEN = frozenset(
    {"authorization", "bearer", "cookie", "key", "name", "offer", "participant", "password", "sdp", "secret"}
    | {"subject", "token", "unit"}
)


def configure_logging(level: LogLevel) -> None:
    """Set up structlog, and the standard library's loggers of the packages that we use."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide,
    ]
    render: list[structlog.typing.Processor] = (
        # Tracebacks without local variables: those hold tokens and names.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ]
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)


def hide(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values that must not be logged."""
    for key in event.keys() & HIDDEN:
        event[key] = "[hidden]"
    return event
