"""The key directory: who may read it, crashes while it is written, damage, two workers at once."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey

from surveyapp.ballots.keys import (
    KeyDirectory,
    KeysLostError,
    SealBrokenError,
    open_sealed,
    seal,
)


@pytest.fixture
def directory(tmp_path: Path) -> KeyDirectory:
    return KeyDirectory(tmp_path / "keys")


def files(tmp_path: Path) -> set[str]:
    return {file.name for file in (tmp_path / "keys").iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_keys(directory: KeyDirectory, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        directory.make_wave_keys(7)
        directory.comment_key()
    finally:
        os.umask(before)
    assert mode(tmp_path / "keys") == 0o700
    assert files(tmp_path) == {"wave-7.secret", "wave-7.private", "comments.private"}
    assert {mode(file) for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_keys_are_made_once(directory: KeyDirectory) -> None:
    first, again = directory.make_wave_keys(7), directory.make_wave_keys(7)
    assert (first.secret, first.public_bytes) == (again.secret, again.public_bytes)
    other = directory.make_wave_keys(8)
    assert other.secret != first.secret and other.public_bytes != first.public_bytes
    assert len(first.secret) == 32 and first.secret != bytes(first.private)


def test_an_interrupted_launch_keeps_the_key_it_made(directory: KeyDirectory, tmp_path: Path) -> None:
    secret = directory.make_wave_keys(7).secret
    (tmp_path / "keys" / "wave-7.private").unlink()
    assert directory.make_wave_keys(7).secret == secret


def test_a_crash_before_a_key_is_whole_leaves_none(
    directory: KeyDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(descriptor: int) -> None:
        raise SystemError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", crash)
        with pytest.raises(SystemError):
            directory.make_wave_keys(7)
    assert "wave-7.secret" not in files(tmp_path)
    assert directory.waves_with_keys() == set()
    assert len(directory.make_wave_keys(7).secret) == 32


def _make(path: Path, barrier: object, queue: multiprocessing.Queue[tuple[bytes, bytes]]) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    keys = KeyDirectory(path).make_wave_keys(1)
    queue.put((keys.secret, keys.public_bytes))


def test_two_workers_at_once_agree_on_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    for attempt in range(3):
        path = tmp_path / f"keys-{attempt}"
        barrier, queue = context.Barrier(2), context.Queue()
        workers = [context.Process(target=_make, args=(path, barrier, queue)) for _ in range(2)]
        for worker in workers:
            worker.start()
        made = {queue.get(timeout=60) for _ in workers}
        for worker in workers:
            worker.join(timeout=60)
        assert len(made) == 1
        assert {file.name for file in path.iterdir()} == {"wave-1.secret", "wave-1.private"}


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 31, b"x" * 33])
@pytest.mark.parametrize("name", ["wave-7.secret", "wave-7.private"])
def test_a_damaged_key_is_said_to_be_lost(
    directory: KeyDirectory, tmp_path: Path, name: str, content: bytes
) -> None:
    directory.make_wave_keys(7)
    (tmp_path / "keys" / name).write_bytes(content)
    with pytest.raises(KeysLostError, match="damaged") as caught:
        directory.wave_keys(7)
    assert name in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_a_missing_key_is_said_to_be_lost(directory: KeyDirectory) -> None:
    with pytest.raises(KeysLostError, match="cannot be read"):
        directory.wave_keys(7)
    with pytest.raises(KeysLostError):
        directory.wave_secret(7)
    with pytest.raises(KeysLostError):
        directory.opening_key(7, public=bytes(32))


def test_the_key_of_another_wave_does_not_pass_for_the_right_one(
    directory: KeyDirectory, tmp_path: Path
) -> None:
    keys = directory.make_wave_keys(7)
    assert bytes(directory.opening_key(7, public=keys.public_bytes)) == bytes(keys.private)
    (tmp_path / "keys" / "wave-7.private").write_bytes(bytes(PrivateKey.generate()))
    with pytest.raises(KeysLostError, match="not the one"):
        directory.opening_key(7, public=keys.public_bytes)


def test_destroyed_keys_are_gone_and_were_overwritten(directory: KeyDirectory, tmp_path: Path) -> None:
    keys = directory.make_wave_keys(7)
    witness = tmp_path / "witness"
    os.link(tmp_path / "keys" / "wave-7.private", witness)  # shows what became of the file's blocks
    directory.destroy_wave_keys(7)
    assert files(tmp_path) == set()
    assert witness.read_bytes() != bytes(keys.private)
    directory.destroy_wave_keys(7)  # harmless
    assert directory.waves_with_keys() == set()


def test_only_keys_count_as_keys(directory: KeyDirectory, tmp_path: Path) -> None:
    assert directory.waves_with_keys() == set()
    directory.make_wave_keys(7)
    directory.make_wave_keys(12)
    for stray in ("wave-7.secret.bak", "wave-x.private", ".wave-9.secret.0a1b", "notes.txt"):
        (tmp_path / "keys" / stray).touch()
    assert directory.waves_with_keys() == {7, 12}


REPEATABLE = settings(derandomize=True, deadline=None, max_examples=100)
PRIVATE = PrivateKey(bytes(range(32)))


@REPEATABLE
@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_with_its_key_only(plain: bytes) -> None:
    sealed = seal(bytes(PRIVATE.public_key), plain)
    assert open_sealed(PRIVATE, sealed) == plain
    assert len(sealed) == len(plain) + 48
    with pytest.raises(SealBrokenError):
        open_sealed(PrivateKey.generate(), sealed)


@REPEATABLE
@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_seal_broken(sealed: bytes) -> None:
    with pytest.raises(SealBrokenError):
        open_sealed(PRIVATE, sealed)


@REPEATABLE
@given(st.data())
def test_one_changed_bit_breaks_the_seal(data: st.DataObject) -> None:
    sealed = bytearray(seal(bytes(PRIVATE.public_key), b"a ballot"))
    place = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[place // 8] ^= 1 << place % 8
    # X25519 ignores the top bit of the ephemeral key for the secret, but the nonce covers it.
    with pytest.raises(SealBrokenError):
        open_sealed(PRIVATE, bytes(sealed))


def test_two_seals_of_one_ballot_are_not_alike() -> None:
    public = bytes(PRIVATE.public_key)
    assert seal(public, b"x") != seal(public, b"x")


def test_comments_are_sealed_to_a_key_that_stays(directory: KeyDirectory) -> None:
    sealed = directory.comment_key().seal(b"words")
    directory.make_wave_keys(7)
    directory.destroy_wave_keys(7)
    assert directory.comment_key().open(sealed) == b"words"
