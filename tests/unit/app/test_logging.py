"""What is logged never holds a secret or a name."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.app.config import LogLevel
from gateway.app.logging import HIDDEN, configure_logging


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.basicConfig(force=True)


def test_values_under_private_names_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogLevel.INFO)
    structlog.get_logger().info("joined", leg="l1", **dict.fromkeys(HIDDEN, "Ann 0123"))
    written = capsys.readouterr().err
    line = json.loads(written)
    assert (line["event"], line["leg"]) == ("joined", "l1")
    assert "Ann" not in written


def test_a_traceback_is_logged_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogLevel.INFO)
    bearer = "abc" + "def"
    try:
        int(bearer[0])
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert "ValueError" in written
    assert bearer not in written


def test_less_severe_lines_than_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogLevel.WARNING)
    structlog.get_logger().info("nothing to see")
    assert capsys.readouterr().err == ""


def test_packages_that_use_the_standard_librarys_log_write_the_same_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging(LogLevel.INFO)
    logging.getLogger("aiohttp.server").error("bad request")
    assert json.loads(capsys.readouterr().err)["event"] == "bad request"
