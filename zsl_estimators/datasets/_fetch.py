"""Downloads of the field's data sets from where their owners publish them."""

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from sklearn.utils import Bunch

from zsl_estimators.datasets._archive import check_archive, unpack
from zsl_estimators.datasets._download import ResumingDownloader, require_pooch
from zsl_estimators.datasets._xlsa17 import load_xlsa17

HOME_VARIABLE = "ZSL_ESTIMATORS_DATA"


@dataclass(frozen=True)
class PublishedArchive:
    """An archive on the web.

    Parameters
    ----------
    url : str
        Its address.
    published_by : str
        Who gives this address.
    data_sets : tuple of str
        Names of the folders in it that can be fetched.
    """

    url: str
    published_by: str
    data_sets: tuple


# Only addresses that owners of the data or papers publish.
XLSA17 = PublishedArchive(
    url="https://datasets.d2.mpi-inf.mpg.de/xian/xlsa17.zip",
    published_by=(
        "Max Planck Institute for Informatics, where the authors of the Proposed Split "
        "worked; ZeroDiff (Ye et al., ICLR 2025) links it too"
    ),
    data_sets=("APY", "AWA1", "AWA2", "CUB", "SUN"),
)
FILES = ("res101.mat", "att_splits.mat")


def fetch_gzsl(
    name: str,
    *,
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    known_hash: str | None = None,
    url: str | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
    verbose: int = 0,
) -> Bunch:
    """Load a published benchmark data set; download it if necessary.

    The data sets are those of the "Proposed Split": features of a ResNet-101 and
    attributes of classes. They are in one archive of about 1 GB, which is kept, so that
    the next data set needs no download. An interrupted download is resumed, also at the
    next call.

    No checksum of the archive is known to this package. The SHA-256 checksum of the
    first download is written to a file beside the archive, and every later download
    must have it. This detects a change, but not a wrong first download: pass a checksum
    that you trust as `known_hash`.

    Parameters
    ----------
    name : {"APY", "AWA1", "AWA2", "CUB", "SUN"}
        The data set.
    data_home : str, path-like or None, default=None
        Folder for downloads. None is the folder that the environment variable
        ``ZSL_ESTIMATORS_DATA`` names, or else ``zsl_estimators_data`` in the home
        folder. The files are in its folder ``xlsa17/data/<name>``, from where
        :func:`load_xlsa17` reads other features that you put there.
    download_if_missing : bool, default=True
        Whether to download missing files. Otherwise they raise an error.
    known_hash : str or None, default=None
        Checksum that the archive must have: SHA-256, or another one with its name in
        front, such as "md5:...". The archive is then checked even if the data set is
        unpacked already. None is the checksum of the first download.
    url : str or None, default=None
        Address of a copy of the archive. None is that of its owner.
    n_retries : int, default=3
        Number of retries when the connection fails.
    delay : float, default=1.0
        Seconds between retries.
    verbose : int, default=0
        Above 0, show the progress of the download.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        What :func:`load_xlsa17` returns.

    Raises
    ------
    ImportError
        If the archive must be downloaded or checked and pooch is not installed.
    OSError
        If the download fails (a ConnectionError), or the archive is missing and
        `download_if_missing` is False. The message says where to put an archive that
        was downloaded elsewhere.
    ValueError
        If `name` is unknown, the archive does not have the expected checksum, is
        damaged, or holds names that point outside the folder.

    References
    ----------
    Xian, Lampert, Schiele, Akata: Zero-shot learning - a comprehensive evaluation
    of the good, the bad and the ugly, TPAMI 2018.

    Examples
    --------
    >>> from zsl_estimators.datasets import fetch_gzsl
    >>> data = fetch_gzsl("AWA2", verbose=1)  # doctest: +SKIP
    """
    if name not in XLSA17.data_sets:
        raise ValueError(
            f"name must be one of {', '.join(XLSA17.data_sets)}, got {name!r}. Other "
            "files in the layout of xlsa17 are read by load_xlsa17."
        )
    cache = Cache(data_home, url or XLSA17.url)
    if known_hash is not None or not cache.has(name):
        downloader = None
        if download_if_missing:
            downloader = ResumingDownloader(
                cache.part, n_retries=n_retries, delay=delay, shown=verbose > 0
            )
        cache.get_archive(known_hash, downloader)
        cache.unpack(name)
    return load_xlsa17(cache.data, name)


class Cache:
    """The folder with the archive, its checksum, and what was unpacked.

    Parameters
    ----------
    data_home : str, path-like or None
        The folder above it; None is that of the environment variable, or the default.
    url : str
        Where the archive is downloaded from.
    """

    def __init__(self, data_home, url):
        if data_home is None:
            data_home = os.environ.get(HOME_VARIABLE, Path("~", "zsl_estimators_data"))
        self.url = url
        self.folder = Path(data_home).expanduser() / "xlsa17"
        self.archive = self.folder / "xlsa17.zip"
        self.part = self.folder / "xlsa17.zip.part"
        self.checksum = self.folder / "xlsa17.zip.sha256"
        self.data = self.folder / "data"

    def has(self, name):
        """Whether the files of a data set are there."""
        return all((self.data / name / file).exists() for file in FILES)

    def get_archive(self, known_hash, downloader):
        """Get the archive, unless it is there, and compare or note its checksum.

        Parameters
        ----------
        known_hash : str or None
            What it must have; None is what was noted at the first download.
        downloader : callable or None
            For pooch; with None, nothing is downloaded.
        """
        pooch = require_pooch()
        noted = self._noted_checksum()
        expected = known_hash or noted
        if downloader is None:
            self._check_local(pooch, expected)
        else:
            self._retrieve(pooch, expected, downloader)
        checksum = pooch.file_hash(str(self.archive))
        if checksum != noted:
            check_archive(self.archive)
            self._forget_unpacked()
            # The format of the command sha256sum.
            self.checksum.write_text(f"{checksum}  {self.archive.name}\n")

    def unpack(self, name):
        """Unpack a data set, unless it is there."""
        if not self.has(name):
            unpack(self.archive, self.data / name, FILES)

    def _noted_checksum(self):
        if not self.checksum.exists():
            return None
        return self.checksum.read_text().partition(" ")[0]

    def _forget_unpacked(self):
        """Remove what came out of another archive; files of the user stay."""
        for name in XLSA17.data_sets:
            for file in FILES:
                (self.data / name / file).unlink(missing_ok=True)

    def _check_local(self, pooch, expected):
        if not self.archive.exists():
            raise OSError(
                f"{self.archive} is not there and download_if_missing is False. "
                f"{self._remedy()}"
            )
        if not pooch.hashes.hash_matches(str(self.archive), expected):
            raise ValueError(self._wrong_checksum())

    def _retrieve(self, pooch, expected, downloader):
        try:
            with quiet(pooch.get_logger()):
                pooch.retrieve(
                    self.url,
                    known_hash=expected,
                    fname=self.archive.name,
                    path=self.folder,
                    downloader=downloader,
                )
        except ConnectionError as error:
            raise ConnectionError(f"{error} {self._remedy()}") from error
        except ValueError as error:
            raise ValueError(f"{self._wrong_checksum()} ({error})") from error

    def _remedy(self):
        return (
            f"Without internet access, download {self.url} on another machine, put it "
            f"there as {self.archive}, and call again. Or set {HOME_VARIABLE} or "
            "data_home to a folder that has it."
        )

    def _wrong_checksum(self):
        return (
            f"{self.archive} from {self.url} does not have the expected checksum: that "
            f"of known_hash, or of the first download in {self.checksum}. It was "
            "damaged on the way, or its owner has changed it. If you know the new one "
            "to be right, delete the file with the checksum."
        )


@contextmanager
def quiet(logger):
    """Silence what a logger says below the level of warnings."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
