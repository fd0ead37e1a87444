#!/usr/bin/env python3
"""Feeds bytes to write-json (first argument) and reads its lines with Python's UTF-8 decoder,
JSON parser and character tables, which know nothing of ours."""
import json
import random
import subprocess
import sys
import unicodedata

random.seed(4)
edges = ["", "00", "c080", "eda080", "efbfbe", "f48fbfbf", "f4908080", "e282", "f09f93", "22", "5c"]
inputs = [bytes.fromhex(e) for e in edges]
# every code point, in texts of 256
for first in range(0, 0x110000, 256):
    inputs.append("".join(map(chr, range(first, first + 256))).encode("utf-8", "surrogatepass"))
# bytes at random, of those that make and break sequences
lead = bytes([0x00, 0x0A, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0,
              0xE2, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF])
for _ in range(5000):
    inputs.append(bytes(random.choices(lead, k=random.randrange(1, 24))))

output = subprocess.run([sys.argv[1]], input="".join(i.hex() + "\n" for i in inputs).encode(),
                        stdout=subprocess.PIPE, check=True).stdout
lines = output.decode("utf-8").split("\n")  # not splitlines(): that knows U+2028 and U+0085 too
assert lines.pop() == "" and len(lines) == len(inputs), (len(lines), len(inputs))

for given, line in zip(inputs, lines):
    assert line.splitlines() == [line], line
    assert not any(unicodedata.category(c) == "Cc" for c in line), line
    read = json.loads(line)
    expected = given.decode("utf-8", "replace").replace("\0", "\ufffd")
    assert read["text"] == expected, (given, read["text"], expected)
    # what stays printable must not be invisible for this Python's Unicode either
    for c in read["printable"]:
        assert unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs"), (given, hex(ord(c)))
print(len(lines), "lines read back, Unicode", unicodedata.unidata_version)
