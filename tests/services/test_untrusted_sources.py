"""Sources made to harm: bombs, paths that lead out, endless lines, pipes. One clear sentence each.

The limits are arguments, so small files trip them; a large one is generated in `benchmarks/`.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from protocol.errors import InvalidInputError
from protocol.sources.limits import SourceLimits
from rater.services.sources import opening_sources
from rater.services.sources.reading_sources import SourcesRead, read_sources

TAU2 = b'{"info": {"agent_info": {"llm": "m"}}, "tasks": [], "simulations": ['
TALK = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]


def line_of(name: str, **more: object) -> bytes:
    fields = {"id": name, "model": "m", "scaffold": "s", "task": name, "messages": TALK} | more
    return json.dumps(fields).encode() + b"\n"


def refused(path: Path, limits: SourceLimits | None = None) -> str:
    """Return what is told of a source that must be refused."""
    with pytest.raises(InvalidInputError) as caught:
        read_sources([path], limits=limits or SourceLimits())
    return str(caught.value)


def zip_of(path: Path, members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def names_of(read: SourcesRead) -> list[str]:
    return [one.origin.source for one in read.transcripts]


def test_members_of_an_archive_are_read_in_place(tmp_path: Path) -> None:
    """A member named like a path out of the archive is a name: nothing is written, nothing followed."""
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    names = ("../../evil.jsonl", "/abs.jsonl", "ok/a.jsonl", "C:\\x.jsonl")
    path = zip_of(folder / "a.zip", {name: line_of(str(n)) for n, name in enumerate(names)})
    before = sorted(tmp_path.rglob("*"))
    assert sorted(names_of(read_sources([path]))) == ["0", "1", "2", "3"]
    assert sorted(tmp_path.rglob("*")) == before


def test_bomb_is_stopped_by_its_ratio(tmp_path: Path) -> None:
    """A member that unpacks to far more than its packed size ends with a sentence."""
    path = zip_of(tmp_path / "a.zip", {"a.jsonl": line_of("a", pad="x" * 2_000_000)})
    assert path.stat().st_size < 10_000
    told = refused(path, SourceLimits(ratio=10, ratio_from_bytes=10_000))
    assert "unpacks to more than" in told
    assert "zip bomb" in told


def test_bomb_of_many_members_is_stopped_by_the_sum(tmp_path: Path) -> None:
    """Overlapping or many small members count together."""
    members = {f"{n}.jsonl": line_of(str(n), pad=os.urandom(400).hex()) for n in range(20)}
    path = zip_of(tmp_path / "a.zip", members, method=zipfile.ZIP_STORED)
    assert "an archive that unpacks to more than 10000 bytes" in refused(
        path, SourceLimits(unpacked_bytes=10_000)
    )


def test_archive_within_an_archive_is_passed_over(tmp_path: Path) -> None:
    """Nesting is how small bombs become large ones."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.jsonl", line_of("b"))
    path = zip_of(tmp_path / "a.zip", {"a.jsonl": line_of("a"), "b.zip": inner.getvalue()})
    read = read_sources([path])
    assert names_of(read) == ["a"]
    assert [one.what for one in read.report.skipped] == ["archive inside an archive"]


def test_too_many_members(tmp_path: Path) -> None:
    """In an archive and in a folder."""
    members = {f"{n}.jsonl": line_of(str(n)) for n in range(6)}
    assert "an archive of 6 files" in refused(zip_of(tmp_path / "a.zip", members), SourceLimits(members=5))
    folder = tmp_path / "many"
    folder.mkdir()
    for name, data in members.items():
        (folder / name).write_bytes(data)
    assert "a folder of more than 5 files" in refused(folder, SourceLimits(members=5))


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_truncated_archive(tmp_path: Path, kept: float) -> None:
    """Wherever it is cut."""
    path = zip_of(tmp_path / "a.zip", {f"{n}.jsonl": line_of(str(n)) for n in range(9)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    assert "a damaged or cut off zip archive" in refused(path)


def test_archive_with_a_wrong_checksum(tmp_path: Path) -> None:
    """What unpacks to something else than was packed is not believed."""
    path = zip_of(tmp_path / "a.zip", {"a.jsonl": line_of("aaaa")}, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b'"id": "aaaa"', b'"id": "bbbb"'))
    assert "damaged or cut off" in refused(path)


def test_encrypted_archive(tmp_path: Path) -> None:
    """The flag alone is enough."""
    path = zip_of(tmp_path / "a.zip", {"a.jsonl": line_of("a")})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "it is encrypted" in refused(path)


def _zstd_archive(path: Path, packed: bytes, *, size: int, checksum: int) -> Path:
    """Write a zip with one member of method 93 by hand: the standard library writes none."""
    name = b"a.jsonl"
    head = struct.pack("<HHHHHLLLHH", 20, 0, 93, 0, 33, checksum, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + head + name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path


def test_zstd_members_are_read_and_bounded(tmp_path: Path) -> None:
    """Newer Inspect logs are packed so; a window as large as the machine is refused."""
    zstandard = pytest.importorskip("zstandard", reason="the extra sources is not installed")
    data = line_of("a", pad="x" * 300_000)
    packed = zstandard.ZstdCompressor().compress(data)
    path = _zstd_archive(tmp_path / "a.zip", packed, size=len(data), checksum=zlib.crc32(data))
    assert names_of(read_sources([path])) == ["a"]
    assert "unpacks to more than" in refused(path, SourceLimits(ratio=10, ratio_from_bytes=10_000))
    _zstd_archive(tmp_path / "a.zip", packed[: len(packed) // 2], size=len(data), checksum=0)
    assert "damaged or cut off" in refused(path)
    _zstd_archive(tmp_path / "a.zip", packed, size=len(data), checksum=1)
    assert "damaged or cut off" in refused(path)
    _zstd_archive(tmp_path / "a.zip", b"\x28\xb5\x2f\xfdjunk", size=len(data), checksum=0)
    assert "damaged or cut off" in refused(path)


def test_folders_too_deep(tmp_path: Path) -> None:
    """The depth is told, and nothing below is read."""
    deep = tmp_path / "top"
    for _ in range(6):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a.jsonl").write_bytes(line_of("a"))
    assert "more than 3 folders in each other" in refused(tmp_path / "top", SourceLimits(folder_depth=3))


def test_links_pipes_and_empty_files_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    """A link out of the folder is not followed, a link in a circle ends nothing, a pipe is not waited for."""
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(line_of("outside"))
    folder = tmp_path / "runs"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.jsonl").write_bytes(line_of("a"))
    (folder / "link.jsonl").symlink_to(outside)
    (folder / "circle").symlink_to(folder)
    (folder / "none.jsonl").touch()
    os.mkfifo(folder / "pipe.jsonl")
    read = read_sources([folder])
    assert names_of(read) == ["a"]
    skipped = {one.what: one.times for one in read.report.skipped}
    assert skipped == {"link in a folder": 2, "pipe or device in a folder": 1, "empty file": 1}


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_named_pipe_or_device_is_no_source(tmp_path: Path, kind: str) -> None:
    """It is refused at once, not read for ever."""
    path = tmp_path / "pipe" if kind == "pipe" else Path("/dev/zero")
    if kind == "pipe":
        os.mkfifo(path)
    assert "This is a pipe or device, not a file." in refused(path)


def test_named_link_is_followed(tmp_path: Path) -> None:
    """What the admin names is what the admin means."""
    (tmp_path / "a.jsonl").write_bytes(line_of("a"))
    (tmp_path / "link").symlink_to(tmp_path / "a.jsonl")
    assert names_of(read_sources([tmp_path / "link"])) == ["a"]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda pad: line_of("a", pad=pad), "more than 1000 bytes in one line"),
        (lambda pad: b"[" + line_of("a", pad=pad) + b"]", "more than 1000 bytes in one value"),
        (
            lambda pad: TAU2 + line_of("a", pad=pad) + b"]}",
            "more than 1000 bytes in one value",
        ),
        (lambda pad: pad.encode(), "more than 1000 bytes in one line"),
    ],
    ids=["line", "list", "document", "no JSON at all"],
)
def test_endless_lines_and_values_are_bounded(
    tmp_path: Path, make: Callable[[str], bytes], told: str
) -> None:
    """What is held is one record; a larger one is refused wherever it stands."""
    path = tmp_path / "a.json"
    path.write_bytes(make("x" * 4_000_000))
    assert told in refused(path, SourceLimits(record_bytes=1000))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'[{"id": "a", "task": "t", "id": "b"}]', 'the key "id" twice in one object'),
        (TAU2 + b'], "simulations": []}', 'the key "simulations" twice in one object'),
        (b'[{"a": ' + b"[" * 100_000 + b"]", "nested too deeply"),
        (TAU2 + b"[" * 100_000 + b"]", "nested too deeply"),
        (b'[{"id": "\xff", "task": "t"}]', "0xFF"),
        (b'[{"id": "a", "task": "t"}', "the end of the file"),
        (b'[{"id": "a", "task": "t"}] x', "after the end of the document"),
        (b'[{"id": ' + b"1" * 5000 + b"}]", "thousands of digits"),
        ('[{"id": "a"}]'.encode("utf-16"), "UTF-16"),
    ],
)
def test_documents_made_to_confuse(tmp_path: Path, data: bytes, told: str) -> None:
    """Lists and documents as lines: doubled keys, depth, encodings, ends that are missing."""
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert told in refused(path)


def test_mistakes_are_kept_up_to_a_number(tmp_path: Path) -> None:
    """A file of nothing but mistakes does not fill the memory with them; all are counted."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(line_of("a") + b"x\n" * 500)
    with pytest.raises(InvalidInputError, match="500 mistakes") as caught:
        read_sources([path], limits=SourceLimits(problems=20))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].found == "480 further mistakes"


def test_names_of_fields_are_counted_up_to_a_number(tmp_path: Path) -> None:
    """Field names come from the file; ten thousand of them share a count."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(line_of("a", **{f"field{n}": n for n in range(10_000)}))
    left = read_sources([path]).report.left_behind
    assert len(left) <= 501
    assert sum(one.times for one in left) == 10_000


def test_no_path_named_inside_a_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths and addresses in fields and contents stay what they are: text."""
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(line_of("secret"))
    opened: list[Path] = []
    real = opening_sources._open

    def watch(path: Path, *, follow: bool) -> BinaryIO:
        opened.append(path)
        return real(path, follow=follow)

    monkeypatch.setattr(opening_sources, "_open", watch)
    path = tmp_path / "a.jsonl"
    parts = [
        {"type": "image_url", "image_url": {"url": secret.as_uri()}},
        {"type": "text", "text": str(secret)},
    ]
    talk = [{"role": "user", "content": parts}, {"role": "assistant", "content": f"attachment://{secret}"}]
    path.write_bytes(line_of("a", messages=talk, file=str(secret), samples=str(secret)))
    read_sources([path])
    assert set(opened) == {path}
