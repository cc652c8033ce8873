"""Zip archives from the web: unpacking what is wanted, and nothing outside a folder."""

import shutil
import stat
import zlib
from pathlib import PurePosixPath, PureWindowsPath
from zipfile import BadZipFile, ZipFile


def check_archive(path):
    """Refuse an archive that is damaged or has names that point outside a folder."""
    try:
        with ZipFile(path) as archive:
            for member in archive.infolist():
                _check_member(path, member)
            broken = archive.testzip()
    except (BadZipFile, RuntimeError, zlib.error) as error:
        raise ValueError(
            f"{path} is damaged or no zip archive: {error}. Delete it and get it again."
        ) from error
    if broken is not None:
        raise ValueError(
            f"{path} is damaged: {broken} cannot be read. Delete it and get it again."
        )


def unpack(path, folder, names):
    """Unpack files into a folder, complete or not at all.

    Where a file is written follows from `names` alone, never from the archive.

    Parameters
    ----------
    path : Path
        The archive.
    folder : Path
        Where to put the files; its name is that of the folder in the archive, wherever
        that is.
    names : sequence of str
        The files.

    Raises
    ------
    ValueError
        If a file is not there, or there twice, or has a name that points outside the
        folder or is a link.
    """
    unfinished = folder.with_name(f"{folder.name}.part")
    unfinished.mkdir(parents=True, exist_ok=True)
    try:
        with ZipFile(path) as archive:
            members = [_member(archive, folder.name, name) for name in names]
            for name, member in zip(names, members, strict=True):
                _check_member(path, member)
                _copy(archive, member, unfinished / name)
        folder.mkdir(exist_ok=True)
        for name in names:
            (unfinished / name).replace(folder / name)
    finally:
        shutil.rmtree(unfinished)


def _copy(archive, member, path):
    with archive.open(member) as source, open(path, "wb") as target:
        shutil.copyfileobj(source, target)


def _member(archive, folder, name):
    """The only file of a name in a folder, wherever the folder is."""
    found = [
        member
        for member in archive.infolist()
        if PurePosixPath(member.filename).parts[-2:] == (folder, name)
    ]
    if len(found) != 1:
        raise ValueError(
            f"{archive.filename} has {len(found)} files {folder}/{name} instead of one."
        )
    return found[0]


def _check_member(path, member):
    """Refuse names that point outside a folder, and links."""
    name = PureWindowsPath(member.filename)  # It separates by / and \ alike.
    if name.is_absolute() or name.anchor or ".." in name.parts:
        raise ValueError(
            f"{path} holds {member.filename!r}, which points outside the folder. "
            "Nothing was unpacked."
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ValueError(f"{path} holds the link {member.filename!r}.")
