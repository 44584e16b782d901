"""What lies on the disk: the data directory, the log's database, the certificate."""

import datetime as dt
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from gateway.app.cert import names_of
from gateway.app.config import Config, HttpConfig, StoreConfig, is_loopback
from gateway.app.store import FILE_NAME, SCHEMA_VERSION
from gateway.ports.checkup import Check, Finding, fail, ok, warn

EXPIRES_SOON = dt.timedelta(days=21)
_OTHERS = 0o077
_FILES_LEAST = 16
"""Segments of the spool, and what SQLite keeps beside its database."""
_READ_THROUGH_S = 3.0
_STEPS_A_LOOK = 10_000


def file_checks(config: Config, running: int | None) -> list[Check]:
    """``running``: process of a gateway that has the data directory now; None: nobody has."""
    checks = [
        Check("data directory", lambda: _data_directory(config.store)),
        Check("disk", lambda: _space(config.store)),
        Check("store", lambda: _store(config.store.dir / FILE_NAME, in_use=running is not None)),
    ]
    if config.http.cert is not None or not is_loopback(config.http.listen):
        checks.append(Check("certificate", lambda: _certificate(config.http)))
    return checks


def _data_directory(store: StoreConfig) -> Iterator[Finding]:
    path = store.dir.absolute()
    if not path.exists():
        parent = next(folder for folder in path.parents if folder.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            yield ok(f"{path} is not there yet and can be made")
        else:
            yield fail(f"{path} cannot be made in {parent}", f"type: install -d -m 700 -o USER {path}")
        return
    if not path.is_dir():
        yield fail(f"{path} is no directory", "set [store] dir to another place")
        return
    about = path.stat()
    if about.st_uid != os.geteuid():
        yield warn(
            f"{path} belongs to user {about.st_uid}, this is user {os.geteuid()}",
            f"ask as the gateway's user: sudo -u '#{about.st_uid}' crosspatch doctor",
        )
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        yield fail(
            f"{path} is on a file system that is mounted for reading only",
            "look in dmesg whether its disk fails; then: mount -o remount,rw",
        )
    elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield fail(f"{path} cannot be written by this user", f"type: chown -R USER {path}")
    elif stat.S_IMODE(about.st_mode) & _OTHERS:
        yield warn(f"{path} can be entered by others; keys are in it", f"type: chmod 700 {path}")
    else:
        yield ok(f"{path} is ours alone")


def _space(store: StoreConfig) -> Iterator[Finding]:
    """The spool may grow to its bound at any time, when the store is away."""
    wanted_at = store.dir.absolute()
    path = next(folder for folder in (wanted_at, *wanted_at.parents) if folder.exists())
    system = os.statvfs(path)
    free = system.f_bavail * system.f_frsize
    used = sum(file.stat().st_size for file in (wanted_at / "spool").glob("*"))
    wanted = max(store.spool_bytes_max - used, 0)
    shown = f"{free >> 20} MiB free"
    # Some file systems count no files and say 0 of 0.
    if system.f_files and system.f_favail < _FILES_LEAST:
        yield fail(
            f"{shown}, but {system.f_favail} more files may be made (inodes): the log will stop",
            "remove files there; many small ones are the cause",
        )
    elif free < 2 * store.segment_bytes:
        yield fail(f"{shown}: the log will stop", "make room on this disk")
    elif free < wanted:
        yield warn(
            f"{shown}, the spool may need {wanted >> 20} MiB more",
            "make room, or lower [store] spool_bytes_max",
        )
    else:
        yield ok(shown)


def _store(path: Path, *, in_use: bool) -> Iterator[Finding]:
    if not path.exists():
        yield ok("not there yet, made at the first start")
        return
    # Without a gateway SQLite is told that nobody writes: it would make side files otherwise.
    how = "mode=ro" if in_use else "immutable=1"
    deadline = time.monotonic() + _READ_THROUGH_S
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as database:
            version = database.execute("SELECT version FROM schema").fetchone()
            if version is None or version[0] != SCHEMA_VERSION:
                found = "none" if version is None else str(version[0])
                yield fail(
                    f"{path} has schema version {found}, this program writes {SCHEMA_VERSION}",
                    "run the version that wrote it, or restore a backup of this one",
                )
                return
            database.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_A_LOOK)
            yield from _read_through(database, path, f"schema version {SCHEMA_VERSION}")
    except sqlite3.Error as error:
        yield _broken(path, str(error))


def _read_through(database: sqlite3.Connection, path: Path, shown: str) -> Iterator[Finding]:
    try:
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        yield ok(f"{shown}; too large to be read through in {_READ_THROUGH_S:.0f} s")
        return
    yield ok(f"{shown}, read through") if verdict == "ok" else _broken(path, verdict.splitlines()[0])


def _broken(path: Path, why: str) -> Finding:
    return fail(
        f"{path} cannot be read ({why})",
        "stop the gateway, move the file away and restore a backup, see docs/guides",
    )


def _certificate(http: HttpConfig) -> Iterator[Finding]:
    if http.cert is None or http.key is None:
        if not http.proxy:
            yield fail("none, and [http] listen is not loopback", "type: crosspatch cert --host NAME")
        else:
            yield ok("none here: the proxy has it")
        return
    if stat.S_IMODE(http.key.stat().st_mode) & _OTHERS:
        yield fail(f"{http.key} can be read by others", f"type: chmod 600 {http.key}")
    try:
        cert = x509.load_pem_x509_certificate(http.cert.read_bytes())
        key = load_pem_private_key(http.key.read_bytes(), password=None)
    except (ValueError, TypeError):
        yield fail(
            f"{http.cert} and {http.key} are no PEM certificate and key", "type: crosspatch cert --host NAME"
        )
        return
    if _shown(cert.public_key()) != _shown(key.public_key()):  # type: ignore[arg-type]
        yield fail(f"{http.key} is not the key of {http.cert}", "put both files of one issue there")
        return
    yield _validity(cert)


def _validity(cert: x509.Certificate) -> Finding:
    now = dt.datetime.now(dt.UTC)
    ends, begins = cert.not_valid_after_utc, cert.not_valid_before_utc
    shown = f"for {', '.join(names_of(cert)) or 'no name'}, until {ends:%Y-%m-%d}"
    again = "make a new one: crosspatch cert --host NAME (the gateway takes it without a restart)"
    if ends <= now:
        return fail(f"{shown}: it has expired", again)
    if begins > now:
        return fail(f"{shown}: not valid before {begins:%Y-%m-%d %H:%M} UTC", "look at this machine's clock")
    if not names_of(cert):
        return fail(f"{shown}: browsers ask for a name in it", again)
    return warn(f"{shown}: it expires soon", again) if ends - now < EXPIRES_SOON else ok(shown)


def _shown(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
