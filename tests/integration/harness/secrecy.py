"""Looks for a secret where it must not be."""

import base64
import os
import pathlib
import re


def forms(secret, user=""):
    """The secret as it is, and in base64 at each of the three places that it may have there; the
    whole of AUTHENTICATE PLAIN as well."""
    raw = secret.encode()
    found = {"raw": raw, "PLAIN": base64.b64encode(b"\0" + user.encode() + b"\0" + raw)}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        # Digits at both ends depend on the neighbours.
        found[f"base64+{shift}"] = text[(shift * 8 + 5) // 6:len(raw + b"\0" * shift) * 8 // 6]
    return found


def in_bytes(data, needles):
    return [name for name, needle in needles.items() if needle in data]


# Sanitizers reserve terabytes, which hold no bytes of the program.
REGION_MAX = 1 << 30


def _regions(pid):
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        area, modes, *_ = line.split()
        start, end = (int(number, 16) for number in area.split("-"))
        if modes.startswith("r") and end - start <= REGION_MAX and not line.endswith(("[vvar]", "[vsyscall]")):
            yield line, start, end


PAGE = os.sysconf("SC_PAGE_SIZE")
IN_MEMORY_OR_SWAPPED = 3 << 62


def _written(pagemap, start, end):
    """The parts of a region that have pages at all: a sanitizer's shadow is mostly holes."""
    pagemap.seek(start // PAGE * 8)
    pages = pagemap.read((end - start) // PAGE * 8)
    begin = None
    for i in range(len(pages) // 8 + 1):
        has_page = i < len(pages) // 8 and pages[i * 8 + 7] & (IN_MEMORY_OR_SWAPPED >> 56)
        if has_page and begin is None:
            begin = i
        elif not has_page and begin is not None:
            yield start + begin * PAGE, start + i * PAGE
            begin = None


def in_memory(pid, needles):
    """(region, form, what is around it) of what is found in the memory of a process. For root, since
    posthornd cannot be traced by its own user."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory, open(f"/proc/{pid}/pagemap", "rb", 0) as pagemap:
        for line, first, last in _regions(pid):
            for start, end in _written(pagemap, first, last):
                try:
                    memory.seek(start)
                    data = memory.read(end - start)
                except OSError:  # mapped and not there: behind the end of a file
                    continue
                for name, needle in needles.items():
                    for match in re.finditer(re.escape(needle), data):
                        found.append((line, name, data[max(0, match.start() - 32):match.end() + 32]))
    return found


def in_process(pid, needles):
    """What everybody, or the user, may read of a process."""
    found = []
    for name in ("cmdline", "environ", "comm", "status"):
        try:
            data = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
        except PermissionError:  # nobody but root
            continue
        found += [(name, form) for form in in_bytes(data, needles)]
    return found


def in_files(folder, needles, *, but=()):
    found = []
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and path not in but:
            found += [(str(path), form) for form in in_bytes(path.read_bytes(), needles)]
    return found
