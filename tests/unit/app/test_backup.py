"""A data directory into one file and back: whole, for its owner only, and nothing lost when it cannot be."""

import io
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.app.backup import NothingToBackUp, Written, write_backup
from gateway.app.data_dir import InUse, data_dir
from gateway.app.recover import NotABackup, WouldReplace, restore_backup

SEGMENT = "spool/0000000000000001.spool"


@contextmanager
def in_use(directory: Path) -> Iterator[sqlite3.Connection]:
    """A data directory as a running gateway has it: locked, its store open and written."""
    with data_dir(directory), closing(sqlite3.connect(directory / "log.sqlite")) as store:
        (directory / "spool").mkdir()
        (directory / SEGMENT).write_bytes(b"records")
        (directory / "token.key").write_bytes(b"secret")
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE record (seq INTEGER)")
        store.execute("INSERT INTO record VALUES (1)")
        store.commit()
        yield store


def back_up(directory: Path, target: Path) -> Written:
    return write_backup(directory, target, version="1.2.3", at="2026-11-23T12:00:00+00:00")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    with in_use(tmp_path / "old"):
        back_up(tmp_path / "old", tmp_path / "backup")
    return tmp_path / "backup"


def rows(store: Path) -> list[int]:
    with closing(sqlite3.connect(store)) as database:
        return [seq for (seq,) in database.execute("SELECT seq FROM record")]


def test_what_a_running_gateway_has_committed_is_in_the_backup_and_what_it_has_not_is_not(
    tmp_path: Path,
) -> None:
    with in_use(tmp_path / "old") as store:
        store.execute("INSERT INTO record VALUES (2)")
        assert back_up(tmp_path / "old", tmp_path / "backup").files == 3
        store.rollback()
    files, aside = restore_backup(tmp_path / "backup", tmp_path / "new", replace=False)
    assert (files, aside) == (3, None)
    assert rows(tmp_path / "new" / "log.sqlite") == [1]
    assert (tmp_path / "new" / SEGMENT).read_bytes() == b"records"
    assert (tmp_path / "new" / "token.key").read_bytes() == b"secret"


def test_backup_and_what_comes_of_it_are_for_their_owner_only(backup: Path, tmp_path: Path) -> None:
    restore_backup(backup, tmp_path / "new", replace=False)
    made = [backup, tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_backup_takes_nobody_elses_place(backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(FileExistsError, match="another name"):
        back_up(tmp_path / "old", backup)
    assert backup.read_bytes() == before


def test_without_a_data_directory_it_says_which_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUp, match="nowhere"):
        back_up(tmp_path / "nowhere", tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


def test_data_that_is_there_is_replaced_only_when_told_and_kept_aside(backup: Path, tmp_path: Path) -> None:
    with in_use(tmp_path / "new") as store:
        store.execute("INSERT INTO record VALUES (7)")
        store.commit()
    with pytest.raises(WouldReplace, match="--replace"):
        restore_backup(backup, tmp_path / "new", replace=False)
    assert rows(tmp_path / "new" / "log.sqlite") == [1, 7]
    _, aside = restore_backup(backup, tmp_path / "new", replace=True)
    assert aside is not None
    assert rows(aside / "log.sqlite") == [1, 7]
    assert rows(tmp_path / "new" / "log.sqlite") == [1]


def test_a_directory_in_use_is_left_alone(backup: Path, tmp_path: Path) -> None:
    with in_use(tmp_path / "new"), pytest.raises(InUse):
        restore_backup(backup, tmp_path / "new", replace=True)
    assert rows(tmp_path / "new" / "log.sqlite") == [1]


def archive(path: Path, *names: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Members of these names; the last is of this ``kind``."""
    with tarfile.open(path, "w:gz") as made:
        for name in names:
            member = tarfile.TarInfo(name)
            content = b'{"format": 1}' if name.endswith(".json") else b"x" * 2_000
            if name == names[-1] and kind != tarfile.REGTYPE:
                member.type, member.linkname, content = kind, "/etc/passwd", b""
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return path.read_bytes()


def test_what_is_no_whole_backup_changes_nothing(backup: Path, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    other = tmp_path / "other"
    broken = (
        b"",
        b"not an archive",
        whole[: len(whole) // 2],
        whole[:200] + bytes(50) + whole[250:],
        archive(other, "token.key"),
        archive(other, "crosspatch-backup.json", "../token.key"),
        archive(other, "crosspatch-backup.json", str(tmp_path / "token.key")),
        archive(other, "crosspatch-backup.json", "token.key", kind=tarfile.SYMTYPE),
        archive(other, "crosspatch-backup.json", "token.key", kind=tarfile.FIFOTYPE),
        archive(other, "crosspatch-backup.json", "log.sqlite"),
    )
    with in_use(tmp_path / "new"):
        pass
    for number, content in enumerate(broken):
        other.write_bytes(content)
        with pytest.raises(NotABackup, match="other"):
            restore_backup(other, tmp_path / "new", replace=True)
        kept = sorted(path.name for path in (tmp_path / "new").iterdir() if path.is_file())
        assert kept == ["lock", "log.sqlite", "token.key"], number
        assert not (tmp_path / "token.key").exists()
