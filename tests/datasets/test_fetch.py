"""Downloads from a server on this machine, which can fail in all the usual ways."""

import hashlib
import io
import logging
import re
import runpy
import stat
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zsl_estimators.datasets import fetch_gzsl, load_xlsa17, make_gzsl
from zsl_estimators.datasets._download import ResumingDownloader
from zsl_estimators.datasets._fetch import XLSA17

pooch = pytest.importorskip("pooch")
SCRIPT = Path(__file__).parents[2] / "docs" / "user_guide" / "fetch_awa2.py"


def files_of(seed):
    """A data set in the two files of the release; Matlab counts from 1."""
    # Many features, so that the archive is larger than what is read at once.
    made = make_gzsl(
        10, n_seen=6, n_unseen=2, n_features=200, n_attributes=5, random_state=seed
    )
    rows = {
        "seen": np.flatnonzero(np.isin(made.y_test, made.seen_classes)) + 1,
        "unseen": np.flatnonzero(np.isin(made.y_test, made.unseen_classes)) + 1,
    }
    features = {"features": made.X_test.T, "labels": made.y_test[:, None] + 1}
    splits = {
        "att": made.attributes.to_numpy().T,
        "trainval_loc": rows["seen"][::2, None],
        "test_seen_loc": rows["seen"][1::2, None],
        "test_unseen_loc": rows["unseen"][:, None],
    }
    return {"res101.mat": features, "att_splits.mat": splits}


def zipped(members):
    """Bytes of an archive with these names and contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def members_of(**seeds):
    members = {"xlsa17/": b"", "xlsa17/data/ReadMe.txt": b"as in the release"}
    for name, seed in seeds.items():
        for file, fields in files_of(seed).items():
            buffer = io.BytesIO()
            savemat(buffer, fields)
            members[f"xlsa17/data/{name}/{file}"] = buffer.getvalue()
    return members


@pytest.fixture(scope="module")
def members():
    return members_of(AWA2=0, CUB=1)


@pytest.fixture(scope="module")
def archive(members):
    return zipped(members)


class Server(ThreadingHTTPServer):
    """Serves one file, and does what is asked of it.

    `cuts` are the numbers of bytes after which it closes the next connections; `ranges`
    what it was asked for.
    """

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.version = content, '"first"'
        self.cuts, self.ranges = [], []
        self.knows_ranges = self.tells_length = True
        self.status = None
        self.url = f"http://127.0.0.1:{self.server_port}/xlsa17.zip"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.ranges.append(asked)
        if server.status is not None:
            return self.send_error(server.status)
        content, first = server.content, 0
        same = self.headers.get("If-Range") == server.version
        if asked and same and server.knows_ranges:
            first = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if first >= len(content):
                return self.send_error(416)
            self.send_response(206)
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("ETag", server.version)
        if server.tells_length:
            self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        n_bytes = server.cuts.pop(0) if server.cuts else len(content)
        self.wfile.write(content[first : first + n_bytes])

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server(archive, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server(archive)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    """fetch_gzsl of the server's archive into an empty folder."""

    def fetch(name="AWA2", **options):
        options = {"url": server.url, "delay": 0, "data_home": tmp_path, **options}
        return fetch_gzsl(name, **options)

    return fetch


class Answer:
    """Of a server, with a length that may be wrong."""

    status_code = 200

    def __init__(self, content, length):
        self.content, self.headers = content, {"Content-Length": str(length)}

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def raise_for_status(self):
        pass

    def iter_content(self, chunk_size):
        yield self.content


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class TestDownload:
    def test_returns_what_the_reader_returns(self, fetch, members, tmp_path):
        for path, content in members.items():
            if path.endswith(".mat"):
                (tmp_path / "by_hand" / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / "by_hand" / path).write_bytes(content)
        data = fetch("AWA2")
        expected = load_xlsa17(tmp_path / "by_hand" / "xlsa17" / "data", "AWA2")
        assert data.keys() == expected.keys()
        np.testing.assert_array_equal(data.X_train, expected.X_train)
        np.testing.assert_array_equal(data.y_test, expected.y_test)

    def test_only_the_data_set_asked_for_is_unpacked(self, fetch, tmp_path):
        fetch("AWA2")
        kept = {
            str(path.relative_to(tmp_path / "xlsa17"))
            for path in tmp_path.rglob("*")
            if path.is_file()
        }
        assert kept == {
            "xlsa17.zip",
            "xlsa17.zip.sha256",
            "data/AWA2/res101.mat",
            "data/AWA2/att_splits.mat",
        }

    def test_one_download_serves_all_data_sets(self, fetch, server):
        fetch("AWA2")
        fetch("AWA2")
        assert fetch("CUB").X_train.shape == fetch("AWA2").X_train.shape
        assert server.ranges == [None]

    def test_what_is_unpacked_needs_neither_archive_nor_pooch(
        self, fetch, server, tmp_path, monkeypatch
    ):
        fetch("AWA2")
        (tmp_path / "xlsa17" / "xlsa17.zip").unlink()
        monkeypatch.setitem(sys.modules, "pooch", None)
        assert len(fetch("AWA2", download_if_missing=False).X_train)
        with pytest.raises(ImportError, match=r"zsl-estimators\[datasets\]"):
            fetch("CUB")
        assert server.ranges == [None]

    def test_the_folder_of_the_environment(self, fetch, tmp_path, monkeypatch):
        monkeypatch.setenv("ZSL_ESTIMATORS_DATA", str(tmp_path / "elsewhere"))
        fetch("AWA2", data_home=None)
        assert (tmp_path / "elsewhere" / "xlsa17" / "xlsa17.zip").exists()

    def test_the_folder_below_home(self, fetch, tmp_path, monkeypatch):
        monkeypatch.delenv("ZSL_ESTIMATORS_DATA", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        fetch("AWA2", data_home=None)
        assert (tmp_path / "zsl_estimators_data" / "xlsa17" / "xlsa17.zip").exists()

    def test_it_is_quiet_or_shows_progress(self, fetch, tmp_path, capsys):
        said = io.StringIO()
        handler = logging.StreamHandler(said)
        pooch.get_logger().addHandler(handler)
        fetch("AWA2")
        pooch.get_logger().removeHandler(handler)
        assert said.getvalue() == ""
        assert capsys.readouterr() == ("", "")
        fetch("AWA2", data_home=tmp_path / "again", verbose=1)
        assert "xlsa17.zip" in capsys.readouterr().err

    def test_a_server_that_tells_no_length(self, fetch, server):
        server.tells_length = False
        assert len(fetch("AWA2").X_train)

    def test_an_unknown_name_is_refused(self):
        with pytest.raises(ValueError, match=r"AWA1, AWA2, CUB.*got 'FLO'"):
            fetch_gzsl("FLO")

    def test_addresses_have_a_publisher_and_are_encrypted(self):
        assert XLSA17.url.startswith("https://")
        assert XLSA17.published_by


class TestInterruptions:
    def part(self, tmp_path):
        return tmp_path / "xlsa17" / "xlsa17.zip.part"

    def test_a_retry_goes_on_where_the_connection_broke(self, fetch, server, archive):
        assert len(archive) > 3 * 2**16, "cut off before the first part is written"
        server.cuts = [2**17, 2**16]
        with pytest.warns(UserWarning, match="Retry downloading") as warned:
            assert len(fetch("AWA2").X_train)
        assert len(warned) == 2
        starts = [int(asked[6:-1]) for asked in server.ranges[1:]]
        assert server.ranges[0] is None
        assert 0 < starts[0] <= 2**17 < starts[1] <= 3 * 2**16

    def test_a_later_call_goes_on(self, fetch, server, archive, tmp_path):
        server.cuts = [2**17]
        with pytest.raises(ConnectionError, match="could not be downloaded"):
            fetch("AWA2", n_retries=0)
        n_bytes = self.part(tmp_path).stat().st_size
        assert 0 < n_bytes <= 2**17
        assert self.part(tmp_path).read_bytes() == archive[:n_bytes]
        assert not (tmp_path / "xlsa17" / "xlsa17.zip").exists()
        assert len(fetch("AWA2").X_train)
        assert server.ranges == [None, f"bytes={n_bytes}-"]
        whole = (tmp_path / "xlsa17" / "xlsa17.zip").read_bytes()
        assert whole == archive
        assert not list((tmp_path / "xlsa17").glob("*.part*"))

    def test_a_part_of_another_version_is_not_used(self, fetch, server, archive):
        """Two halves of two versions would have the right length."""
        server.cuts = [2**17]
        with pytest.raises(ConnectionError):
            fetch("AWA2", n_retries=0)
        server.content = zipped(members_of(AWA2=5, CUB=1))
        server.version = '"second"'
        assert len(server.content) == len(archive)
        data = fetch("AWA2", known_hash=sha256(server.content))
        assert len(data.X_train)

    def test_a_version_that_is_not_told_is_not_resumed(self, fetch, server):
        server.version, server.cuts = 'W/"weak"', [2**17]
        with pytest.warns(UserWarning, match="Retry"):
            fetch("AWA2")
        assert server.ranges == [None, None]

    def test_a_server_without_ranges(self, fetch, server):
        server.knows_ranges, server.cuts = False, [2**17]
        with pytest.warns(UserWarning, match="Retry"):
            assert len(fetch("AWA2").X_train)

    def test_a_part_that_is_too_long_is_dropped(self, fetch, server, archive, tmp_path):
        self.part(tmp_path).parent.mkdir()
        self.part(tmp_path).write_bytes(archive + b"more")
        self.part(tmp_path).with_name("xlsa17.zip.part.version").write_text('"first"')
        with pytest.warns(UserWarning, match="Retry.*416"):
            assert len(fetch("AWA2").X_train)
        assert server.ranges[1] is None

    def test_tries_are_counted(self, fetch, server):
        server.status = 503
        with (
            pytest.warns(UserWarning, match="503") as warned,
            pytest.raises(ConnectionError, match="503"),
        ):
            fetch("AWA2", n_retries=2)
        assert len(warned) == 2
        assert len(server.ranges) == 3

    def test_an_answer_that_is_too_short_or_too_long(self, monkeypatch, tmp_path):
        """Old versions of urllib3 do not count the bytes."""
        get = ResumingDownloader(
            tmp_path / "file.part", n_retries=1, delay=0, shown=False
        )
        answers = [Answer(b"abc", 5), Answer(b"abcdef", 5)]
        monkeypatch.setattr("requests.get", lambda *args, **kwargs: answers.pop(0))
        with (
            pytest.warns(UserWarning, match="got 3 of 5 bytes"),
            pytest.raises(ConnectionError, match="got 6 of 5 bytes"),
        ):
            get("http://127.0.0.1", tmp_path / "file", None)
        assert not list(tmp_path.iterdir())

    def test_the_delay_is_kept(self, monkeypatch, server, tmp_path):
        waited = []
        monkeypatch.setattr("time.sleep", waited.append)
        server.status = 404
        part = tmp_path / "file.part"
        get = ResumingDownloader(part, n_retries=2, delay=1.5, shown=False)
        with (
            pytest.warns(UserWarning, match="404"),
            pytest.raises(ConnectionError),
        ):
            get(server.url, tmp_path / "file", None)
        assert waited == [1.5, 1.5]


class TestOffline:
    def test_no_server(self, fetch, server, tmp_path):
        """The message says where to put the archive; doing so works."""
        with pytest.raises(ConnectionError) as error:
            fetch("AWA2", url="http://127.0.0.1:9/xlsa17.zip", n_retries=0)
        path = tmp_path / "xlsa17" / "xlsa17.zip"
        for words in ("127.0.0.1:9", "another machine", str(path), "data_home"):
            assert words in str(error.value)
        path.write_bytes(server.content)
        assert len(fetch("AWA2").X_train)
        assert server.ranges == []

    def test_download_if_missing(self, fetch, server, tmp_path):
        with pytest.raises(OSError, match=r"download_if_missing is False.*put it"):
            fetch("AWA2", download_if_missing=False)
        assert server.ranges == []
        assert not list(tmp_path.iterdir())

    def test_an_archive_that_is_there_is_unpacked_without_a_download(
        self, fetch, server, tmp_path
    ):
        (tmp_path / "xlsa17").mkdir()
        (tmp_path / "xlsa17" / "xlsa17.zip").write_bytes(server.content)
        assert len(fetch("AWA2", download_if_missing=False).X_train)
        with pytest.raises(ValueError, match="expected checksum"):
            fetch("AWA2", download_if_missing=False, known_hash=64 * "0")
        assert server.ranges == []


class TestChecksums:
    def test_the_first_one_is_noted(self, fetch, archive, tmp_path):
        fetch("AWA2")
        noted = (tmp_path / "xlsa17" / "xlsa17.zip.sha256").read_text()
        assert noted == f"{sha256(archive)}  xlsa17.zip\n"

    def test_another_archive_is_refused_from_then_on(self, fetch, server, tmp_path):
        fetch("AWA2")
        (tmp_path / "xlsa17" / "xlsa17.zip").unlink()
        server.content = zipped(members_of(AWA2=3, CUB=4))
        with pytest.raises(ValueError, match=r"first download in .*\.sha256"):
            fetch("CUB")
        assert not (tmp_path / "xlsa17" / "xlsa17.zip").exists()
        assert not (tmp_path / "xlsa17" / "data" / "CUB").exists()

    def test_a_new_archive_replaces_what_came_from_the_old_one(
        self, fetch, server, tmp_path
    ):
        old = fetch("AWA2").X_train
        own = tmp_path / "xlsa17" / "data" / "AWA2" / "con_paco.mat"
        own.write_bytes(b"of the user")
        server.content = zipped(members_of(AWA2=3))
        new = fetch("AWA2", known_hash=sha256(server.content)).X_train
        assert not np.array_equal(old, new)
        assert own.exists()

    def test_a_wrong_hash_is_refused_even_if_all_is_unpacked(
        self, fetch, archive, tmp_path
    ):
        with pytest.raises(ValueError, match="does not have the expected checksum"):
            fetch("AWA2", known_hash=64 * "0")
        assert not list((tmp_path / "xlsa17").iterdir())
        fetch("AWA2", known_hash="md5:" + hashlib.md5(archive).hexdigest())
        with pytest.raises(ValueError, match="does not have the expected checksum"):
            fetch("AWA2", known_hash=64 * "0")

    def test_a_file_damaged_on_disk_is_downloaded_again(self, fetch, server, tmp_path):
        fetch("AWA2")
        path = tmp_path / "xlsa17" / "xlsa17.zip"
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        assert len(fetch("CUB").X_train)
        assert path.read_bytes() == server.content


class TestUnpacking:
    @pytest.mark.parametrize(
        "name",
        [
            "../AWA2/res101.mat",
            "xlsa17/../../../AWA2/res101.mat",
            "/tmp/AWA2/res101.mat",
            "..\\evil.txt",
            "C:\\evil.txt",
        ],
    )
    def test_names_that_point_outside_are_refused(
        self, fetch, server, members, tmp_path, name
    ):
        server.content = zipped({**members, name: b"evil"})
        with pytest.raises(ValueError, match="points outside the folder"):
            fetch("AWA2")
        self.nothing_was_unpacked(tmp_path)

    def test_links_are_refused(self, fetch, server, members, tmp_path):
        link = zipfile.ZipInfo("xlsa17/data/AWA2/link.mat")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        server.content = zipped(members)
        buffer = io.BytesIO(server.content)
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr(link, "/etc/passwd")
        server.content = buffer.getvalue()
        with pytest.raises(ValueError, match=r"the link .*link\.mat"):
            fetch("AWA2")
        self.nothing_was_unpacked(tmp_path)

    def test_a_file_that_is_not_there_or_twice(self, fetch, server, members, tmp_path):
        server.content = zipped(
            {**members, "copy/CUB/res101.mat": b"which of the two?"}
        )
        with pytest.raises(ValueError, match=r"2 files CUB/res101\.mat"):
            fetch("CUB")
        with pytest.raises(ValueError, match=r"0 files SUN/res101\.mat"):
            fetch("SUN")
        self.nothing_was_unpacked(tmp_path)

    def test_what_is_no_archive_is_refused(self, fetch, server):
        server.content = b"<html>Please log in</html>"
        with pytest.raises(ValueError, match=r"no zip archive.*Delete it"):
            fetch("AWA2")

    def test_a_damaged_archive_is_not_noted(self, fetch, server, tmp_path):
        """The first download has no checksum to compare with, but its members do."""
        content = bytearray(server.content)
        content[len(content) // 4] ^= 1
        server.content = bytes(content)
        with pytest.raises(ValueError, match=r"is damaged.*Delete it"):
            fetch("AWA2")
        assert not (tmp_path / "xlsa17" / "xlsa17.zip.sha256").exists()
        self.nothing_was_unpacked(tmp_path)

    def nothing_was_unpacked(self, tmp_path):
        names = {path.name for path in tmp_path.rglob("*")}
        assert names <= {"xlsa17", "xlsa17.zip", "xlsa17.zip.sha256", "data"}


def test_the_script_of_the_user_guide_runs(fetch, tmp_path, monkeypatch, capsys):
    fetch("AWA2")
    monkeypatch.setenv("ZSL_ESTIMATORS_DATA", str(tmp_path))
    runpy.run_path(str(SCRIPT))
    assert "H" in capsys.readouterr().out
