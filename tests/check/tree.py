"""What every check shares: which files are ours, and how a check ends."""
import os
import pathlib
import subprocess
import sys

CODE = ("lib/", "daemon/", "cli/", "notify/")


def files(root, *suffixes):
    """The paths of our files, relative to root: those git knows, or all of a tree without git."""
    root = pathlib.Path(root)
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], stdout=subprocess.PIPE,
                                check=True).stdout
        paths = [os.fsdecode(p) for p in listed.split(b"\0") if p]
    else:
        paths = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
        paths = [p for p in paths if not p.startswith("build")]
    return sorted(p for p in paths
                  if (not suffixes or p.endswith(suffixes)) and os.path.isfile(root / p))


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8", errors="replace")


def objects(root, build):
    """Pairs of (source, object) of our own code in a build directory. An object whose source is
    gone is left over from an older build and does not count."""
    for source in files(root, ".c"):
        if source.startswith(CODE):
            # a source in a folder below its meson.build has that folder in its object's name
            folder, name = os.path.split(source)
            while folder:
                for found in sorted((pathlib.Path(build) / folder).glob(f"*.p/{name}.o")):
                    yield source, found
                folder, parent = os.path.split(folder)
                name = f"{parent}_{name}"


def finish(name, problems, checked):
    """Ends the process: 1 when there are problems, or when nothing at all was looked at."""
    for problem in problems:
        print(problem)
    if not checked:
        print(f"{name}: found nothing to check")
    print(f"{name}: {checked} checked, {len(problems)} problems")
    sys.exit(1 if problems or not checked else 0)
