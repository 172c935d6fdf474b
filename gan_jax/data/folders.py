"""The files below a folder, each of them once."""

import os
from collections import deque
from pathlib import Path

from gan_jax.data.left_out import LeftOut

Identity = tuple[int, int]  # device and inode: the same whatever name leads there


def files_below(root: Path, left_out: LeftOut) -> set[str]:
    """The names of the regular files below a folder, with forward slashes, those behind links too.

    A folder is walked once, under its own name rather than a link's; what the root itself lies in is not walked at
    all. Hidden files and folders, pipes and devices, which one would wait for, and what may not be read are left out.
    """
    walk = _Walk(root, left_out)
    walk.run()
    return walk.files


class _Walk:
    def __init__(self, root: Path, left_out: LeftOut):
        self.root, self.left_out = root, left_out
        self.files: set[str] = set()
        self.above = {_identity(folder) for folder in root.resolve().parents}
        self.seen: set[Identity] = set()
        self.folders = deque([""])
        self.links: deque[str] = deque()  # to folders, which are walked last
        self.linked_files: list[str] = []

    def run(self) -> None:
        while self.folders or self.links:
            name = self.folders.popleft() if self.folders else self.links.popleft()
            try:
                self._walk(name)
            except OSError as error:
                self.left_out.add("folders that cannot be opened", f"{name or self.root}: {error.strerror}")
        self._tell_of_repetitions()

    def _walk(self, name: str) -> None:
        folder = self.root / name
        identity = _identity(folder)
        if identity in self.seen or identity in self.above:
            self.left_out.add("links to folders that are read already or lie above", name)
            return
        self.seen.add(identity)
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                self._sort(entry, f"{name}/{entry.name}" if name else entry.name)

    def _sort(self, entry: os.DirEntry, name: str) -> None:
        if entry.name.startswith((".", "__MACOSX")):
            self.left_out.add("hidden", name)
            return
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError as error:
            self.left_out.add("files that cannot be opened", f"{name}: {error.strerror}")
            return
        if is_folder:
            (self.links if entry.is_symlink() else self.folders).append(name)
        elif is_file:
            self.files.add(name)
            if entry.is_symlink():
                self.linked_files.append(name)
        else:
            lost = entry.is_symlink() and not os.path.exists(entry.path)
            self.left_out.add("links that lead nowhere" if lost else "pipes, sockets or devices", name)

    def _tell_of_repetitions(self) -> None:
        """Leaves out links to files that come under another name too."""
        targets: set[str] = set()
        for name in sorted(self.linked_files):
            target = os.path.realpath(self.root / name)
            if target in targets or self._is_read(target):
                self.files.remove(name)
                self.left_out.add("links to files that are read already", name)
            targets.add(target)

    def _is_read(self, target: str) -> bool:
        folder, name = os.path.split(target)
        return _identity(Path(folder)) in self.seen and not name.startswith(".")


def _identity(folder: Path) -> Identity:
    status = os.stat(folder)
    return status.st_dev, status.st_ino
