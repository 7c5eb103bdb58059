"""The key directory: outside the database and its backups, for workers only.

For each wave it holds a secret, from which tokens are made, and the private key, which opens
ballots. Both are destroyed after the count. One more key pair, for comments under review, stays.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from surveyapp import files

_WAVE_FILE = re.compile(r"wave-(\d+)\.(?:secret|private)")


class KeysLostError(RuntimeError):
    """A key that should be in the key directory is not there or cannot be used."""


class SealBrokenError(ValueError):
    """Sealed bytes that this key does not open: corrupt, cut short, or sealed to another key."""


@dataclass(frozen=True, slots=True)
class WaveKeys:
    """`secret`: 32 bytes from which tokens are made. `private`: opens the wave's ballots."""

    secret: bytes
    private: PrivateKey

    @property
    def public_bytes(self) -> bytes:
        return bytes(self.private.public_key)


@dataclass(frozen=True, slots=True)
class CommentKey:
    """Seals comments before the count is over and opens them for redaction."""

    private: PrivateKey

    def seal(self, plain: bytes) -> bytes:
        return seal(bytes(self.private.public_key), plain)

    def open(self, sealed: bytes) -> bytes:
        """Raises SealBrokenError for bytes that were not sealed to this key."""
        return open_sealed(self.private, sealed)


def seal(public_key: bytes, plain: bytes) -> bytes:
    """Seal so that only the private half of `public_key` (32 bytes) can open."""
    return bytes(SealedBox(PublicKey(public_key)).encrypt(plain))


def open_sealed(private: PrivateKey, sealed: bytes) -> bytes:
    """Raises SealBrokenError for bytes that were not sealed to this key."""
    try:
        return bytes(SealedBox(private).decrypt(sealed))
    except (CryptoError, ValueError, TypeError):
        raise SealBrokenError("These bytes do not open with this key.") from None


class KeyDirectory:
    """Files of 32 bytes, mode 0600, in a directory of mode 0700."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def make_wave_keys(self, wave_id: int) -> WaveKeys:
        """Make a wave's keys, or return those that an interrupted launch has already made."""
        for file in (self._secret_file(wave_id), self._private_file(wave_id)):
            files.make_once(file, secrets.token_bytes(32))
        return self.wave_keys(wave_id)

    def wave_keys(self, wave_id: int) -> WaveKeys:
        """Raises KeysLostError when they are missing or damaged."""
        return WaveKeys(
            secret=self._read(self._secret_file(wave_id)),
            private=PrivateKey(self._read(self._private_file(wave_id))),
        )

    def wave_secret(self, wave_id: int) -> bytes:
        """What tokens are made from. Raises KeysLostError when it is missing or damaged."""
        return self._read(self._secret_file(wave_id))

    def opening_key(self, wave_id: int, *, public: bytes) -> PrivateKey:
        """The key that opens the ballots sealed to `public`.

        Raises KeysLostError when it is missing, damaged, or the private half of another key: with
        that one every ballot would look forged.
        """
        file = self._private_file(wave_id)
        private = PrivateKey(self._read(file))
        if bytes(private.public_key) != public:
            raise KeysLostError(f"The key {file.name} is not the one that the ballots are sealed to.")
        return private

    def destroy_wave_keys(self, wave_id: int) -> None:
        """Overwrite and remove a wave's keys. Harmless when they are gone already."""
        for file in (self._secret_file(wave_id), self._private_file(wave_id)):
            try:
                # On journalling and flash storage this is best effort: hence no backups of keys.
                with file.open("r+b") as handle:
                    handle.write(secrets.token_bytes(32))
                    os.fsync(handle.fileno())
                file.unlink()
            except FileNotFoundError:
                continue

    def waves_with_keys(self) -> set[int]:
        """Ids of the waves for which a key is still kept."""
        if not self._path.is_dir():
            return set()
        names = (_WAVE_FILE.fullmatch(file.name) for file in self._path.iterdir())
        return {int(name[1]) for name in names if name}

    def comment_key(self) -> CommentKey:
        """The key pair for comments under review; made at its first use."""
        file = self._path / "comments.private"
        files.make_once(file, secrets.token_bytes(32))
        return CommentKey(PrivateKey(self._read(file)))

    def _secret_file(self, wave_id: int) -> Path:
        return self._path / f"wave-{wave_id}.secret"

    def _private_file(self, wave_id: int) -> Path:
        return self._path / f"wave-{wave_id}.private"

    @staticmethod
    def _read(file: Path) -> bytes:
        try:
            key = file.read_bytes()
        except OSError as error:
            raise KeysLostError(f"The key {file.name} cannot be read: {error.strerror}.") from None
        if len(key) != 32:
            raise KeysLostError(f"The key {file.name} is damaged: {len(key)} bytes instead of 32.")
        return key
