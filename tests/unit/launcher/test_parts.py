"""Parts of the launcher and of the processes it starts that need no process to be tested."""

from __future__ import annotations

import io
import logging
import socket
from pathlib import Path

import pytest
from gunicorn.config import Config

from surveyapp.launcher import console, embedded_redis
from surveyapp.launcher.guards import HOST, RefusedError, check_port, free_port, only_one
from surveyapp.webserver import DiscreetLogger

TOKEN = "AY_Kr-l86tqteKCuCDDATg"


# ---------------------------------------------------------------- the web server's log


@pytest.fixture
def log() -> tuple[DiscreetLogger, io.StringIO]:
    logger = DiscreetLogger(Config())
    written = io.StringIO()
    logger.error_log.handlers = [logging.StreamHandler(written)]
    return logger, written


def test_an_error_is_logged_without_the_address_it_happened_at(
    log: tuple[DiscreetLogger, io.StringIO],
) -> None:
    logger, written = log
    try:
        raise ValueError(f"cannot handle /a/wave/{TOKEN}")
    except ValueError:
        logger.exception("Error handling request %s %s", "GET", f"/a/wave/{TOKEN}")
    assert "ValueError while a request was handled" in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_a_refused_request_is_logged_without_its_caller(
    log: tuple[DiscreetLogger, io.StringIO],
) -> None:
    logger, written = log
    logger.warning(f"Invalid request from ip=192.0.2.7: Invalid line '/a/wave/{TOKEN}'")
    assert "not valid HTTP" in written.getvalue()
    assert "192.0.2.7" not in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_other_trouble_is_logged_in_full(log: tuple[DiscreetLogger, io.StringIO]) -> None:
    logger, written = log
    try:
        raise RuntimeError("no such database")
    except RuntimeError:
        logger.exception("Exception in worker process")
    logger.warning("Worker %s is slow", 7)
    assert "no such database" in written.getvalue()
    assert "Worker 7 is slow" in written.getvalue()


# ---------------------------------------------------------------- refusals


def test_a_second_launcher_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    with only_one(tmp_path, "http://127.0.0.1:8000"):
        with pytest.raises(RefusedError) as refusal, only_one(tmp_path, "http://127.0.0.1:9"):
            pass
        assert "running already" in str(refusal.value)
        assert "http://127.0.0.1:8000" in str(refusal.value)
    with only_one(tmp_path, "http://127.0.0.1:8001"):
        pass  # let go of at the end


def test_a_lock_that_says_nothing_yet_still_holds(tmp_path: Path) -> None:
    with only_one(tmp_path, "http://127.0.0.1:8000"):
        (tmp_path / "launcher.lock").write_text("")
        with pytest.raises(RefusedError, match="running already"), only_one(tmp_path, "x"):
            pass


def test_a_taken_port_is_refused_with_another_to_use() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        with pytest.raises(RefusedError, match=r"taken by another program(.|\n)*make run PORT="):
            check_port(holder.getsockname()[1])


def test_a_free_port_is_not() -> None:
    check_port(free_port())


# ---------------------------------------------------------------- Redis


def test_the_password_of_redis_is_told_and_not_shown(tmp_path: Path) -> None:
    password = embedded_redis.new_password()
    told = embedded_redis.configuration(tmp_path / "redis", 7000, password)
    assert f"requirepass {password}" in told
    assert "appendonly yes" in told
    assert f"bind {HOST}\n" in told
    assert password not in " ".join([embedded_redis.server_binary(), "-"])


def test_a_named_redis_that_does_not_answer_is_refused_without_its_password() -> None:
    with pytest.raises(RefusedError) as refusal:
        embedded_redis.check_named(f"redis://:hush-hush@127.0.0.1:{free_port()}/0")
    assert "does not answer" in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_a_named_redis_of_no_kind_is_refused() -> None:
    with pytest.raises(RefusedError, match="must look like"):
        embedded_redis.check_named("localhost:6379")


# ---------------------------------------------------------------- the console


def test_a_closed_terminal_keeps_nothing_from_being_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Gone())
    monkeypatch.setattr("sys.stderr", Gone())
    console.step("Stopping")
    console.say("Stopped")
    console.complain("A part failed")
