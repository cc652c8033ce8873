"""Downloads of large files that go on where they were cut off."""

import time
import warnings

from tqdm.auto import tqdm

# What an interruption loses at most.
CHUNK = 2**16
# Seconds to connect, and without any data.
TIMEOUT = (10, 60)
TOO_LONG = 416


class ResumingDownloader:
    """A downloader for pooch that keeps the part of a file that it has got.

    pooch's own downloader begins anew after every interruption.

    Parameters
    ----------
    part : Path
        Where the part is kept until the file is complete. What identifies the version
        of the file is written beside it.
    n_retries : int
        How often to try again.
    delay : float
        Seconds before every further try.
    shown : bool
        Whether there is a progress bar.

    Raises
    ------
    ConnectionError
        When it is called and all tries fail; the part is kept.
    """

    def __init__(self, part, *, n_retries, delay, shown):
        self.part = part
        self.version = part.with_name(f"{part.name}.version")
        self.n_retries = n_retries
        self.delay = delay
        self.shown = shown

    def __call__(self, url, output_file, pooch):
        """Download `url` to `output_file`, as pooch asks for it."""
        import requests

        for n_left in reversed(range(self.n_retries + 1)):
            try:
                self._get(url)
                break
            except requests.RequestException as error:
                if n_left == 0:
                    raise ConnectionError(
                        f"{url} could not be downloaded: {error}."
                    ) from error
                warnings.warn(f"Retry downloading {url}: {error}", stacklevel=2)
                time.sleep(self.delay)
        self.part.replace(output_file)
        self.discard()

    def discard(self):
        """Forget the part."""
        self.part.unlink(missing_ok=True)
        self.version.unlink(missing_ok=True)

    def _get(self, url):
        """Get what is missing; refuse an answer that ends too early."""
        import requests

        with requests.get(
            url, headers=self._headers(), stream=True, timeout=TIMEOUT
        ) as response:
            if response.status_code == TOO_LONG:
                self.discard()
            response.raise_for_status()
            n_done = _first_byte(response)
            if n_done == 0:
                self._begin(response)
            elif n_done != self.part.stat().st_size:
                raise requests.ConnectionError("the server sent another range")
            n_bytes = _size(response, n_done)
            n_got = self._append(response, n_done, n_bytes)
        if n_bytes is not None and n_got != n_bytes:
            if n_got > n_bytes:
                self.discard()
            raise requests.ConnectionError(f"got {n_got} of {n_bytes} bytes")

    def _headers(self):
        """Ask for the rest of the same version, or for everything if it is another."""
        headers = {"Accept-Encoding": "identity"}
        if self.part.exists() and self.version.exists():
            headers["Range"] = f"bytes={self.part.stat().st_size}-"
            headers["If-Range"] = self.version.read_text()
        return headers

    def _begin(self, response):
        """Start with an empty file, and note its version if the server tells one."""
        self.discard()
        tag = response.headers.get("ETag", "")
        # A weak tag (W/"...") does not promise the same bytes: RFC 9110, 13.1.5.
        version = tag if tag[:1] == '"' else response.headers.get("Last-Modified")
        if version:
            self.version.write_text(version)
        self.part.touch()

    def _append(self, response, n_done, n_bytes):
        """Write what arrives behind what is there; return the size then."""
        bar = tqdm(
            total=n_bytes,
            initial=n_done,
            desc=self.part.stem,
            unit="B",
            unit_scale=True,
            disable=not self.shown,
        )
        with open(self.part, "ab") as file, bar:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
            return file.tell()


def _first_byte(response):
    """Position in the file of the first byte of an answer."""
    content_range = response.headers.get("Content-Range", "")
    if response.status_code != 206 or not content_range.startswith("bytes "):
        return 0
    return int(content_range.removeprefix("bytes ").partition("-")[0])


def _size(response, n_done):
    """Number of bytes of the whole file, None if the server does not tell."""
    length = response.headers.get("Content-Length")
    return None if length is None else n_done + int(length)


def require_pooch():
    """Import pooch, which only downloads need."""
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            "Data sets are downloaded with pooch. Install it with "
            "pip install 'zsl-estimators[datasets]'."
        ) from error
    return pooch
