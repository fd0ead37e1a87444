"""Reads the files of gettext (.po, .pot)."""
import ast
import collections

Entry = collections.namedtuple("Entry", "msgid plural texts flags is_obsolete")


def parse(text):
    """The entries without the header, in their order."""
    for block in text.strip().split("\n\n"):
        fields, flags, is_obsolete = [], set(), False
        for line in block.splitlines():
            if line.startswith("#~"):
                is_obsolete = True
                line = line[2:].lstrip()
            if line.startswith("#,"):
                flags |= {flag.strip() for flag in line[2:].split(",")}
            if line.startswith("#") or not line:
                continue
            if line.startswith('"'):
                fields[-1][1] += ast.literal_eval(line)
            else:
                name, value = line.split(" ", 1)
                fields.append([name, ast.literal_eval(value)])
        found = dict(fields)
        if found.get("msgid"):
            texts = [value for name, value in fields if name.startswith("msgstr")]
            yield Entry(found["msgid"], found.get("msgid_plural"), texts, flags, is_obsolete)
