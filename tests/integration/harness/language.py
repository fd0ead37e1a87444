"""Programs in other languages: the environment that asks for one, and what is left untranslated."""

import re
import subprocess
import sys

from .posthorn import SOURCE, build_directory
from .process import run

sys.path.insert(0, str(SOURCE / "tests/check"))
from po_file import parse  # noqa: E402

# In the pseudo-language what stands between these two is translated.
BEGIN, END = "⟦", "⟧"
HEADER = ('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
          '"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n\n')


def _quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _entry(entry):
    if entry.msgid.startswith("direction:"):
        return ""
    texts = [entry.msgid] + ([entry.plural] if entry.plural else [])
    # msgfmt wants an end of line where there was one
    marked = [_quote(BEGIN + text + END) if not text.endswith("\n") else _quote(BEGIN + text[:-1] + END + "\n")
              for text in texts]
    # only of these msgfmt makes what "%<PRIu64>" is on this machine
    lines = ["#, c-format"] if "c-format" in entry.flags else []
    lines.append(f"msgid {_quote(entry.msgid)}")
    if entry.plural:
        lines += [f"msgid_plural {_quote(entry.plural)}", *(f"msgstr[{i}] {one}" for i, one in enumerate(marked))]
    else:
        lines.append(f"msgstr {marked[0]}")
    return "\n".join(lines) + "\n"


def pseudo(directory):
    """A language in which every text is between brackets."""
    options = (SOURCE / "po/xgettext-options").read_text(encoding="ascii").split()
    template = run(["xgettext", *options, f"--directory={SOURCE}", f"--files-from={SOURCE}/po/POTFILES",
                    "--output=-"]).stdout.decode()
    folder = directory / "texts/qps/LC_MESSAGES"
    folder.mkdir(parents=True)
    source = directory / "qps.po"
    source.write_text(HEADER + "\n".join(_entry(entry) for entry in parse(template)), encoding="utf-8")
    subprocess.run(["msgfmt", "--output-file", folder / "posthorn.mo", source], check=True)
    return {"TEXTDOMAINDIR": str(directory / "texts"), "LANGUAGE": "qps"}


def russian():
    return {"TEXTDOMAINDIR": str(build_directory() / "po"), "LANGUAGE": "ru"}


def untranslated(text, *foreign):
    """The words that are not between brackets and not those of others."""
    text = re.sub("[\u2068\u2069]", "", text)
    while re.search(f"{BEGIN}[^{BEGIN}{END}]*{END}", text):
        text = re.sub(f"{BEGIN}[^{BEGIN}{END}]*{END}", "", text)
    for word in foreign:
        text = text.replace(word, "")
    return re.findall(r"[^\W\d_]{2,}", text)
