#!/usr/bin/env python3
"""completion.py POSTHORN: what the completion scripts propose is what --help shows. The one for bash
is run; those for zsh and fish are read, and checked by their shells where these are installed."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from helped import helped, output  # noqa: E402

POSTHORN = os.path.abspath(sys.argv[1])

VERBS, PROGRAM = helped(POSTHORN)
OPTIONS = {verb: helped(POSTHORN, verb)[1] for verb in VERBS}
scripts = {shell: output(POSTHORN, f"--print-completion={shell}") for shell in ("bash", "zsh", "fish")}

# --- bash ---------------------------------------------------------------------------------------

# What a hostile daemon could name an account: none of it may run, all of it is proposed quoted.
ACCOUNTS = ["work", "home", "$(touch ran)", "`touch ran`", "a b", "-x"]

# COMPREPLY with a line between two, and whether the shell was told to set no blank behind it.
HARNESS = r"""
compopt() { nospace=1; }
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); nospace=
_posthorn
printf '%s\n' "${COMPREPLY[@]}" "nospace=$nospace"
"""


def complete(directory, *words):
    """Proposals for the last word, split as bash splits: --type=n is three words."""
    printed = output("bash", "--norc", "-c", HARNESS, "bash", "script", "posthorn", *words,
                     cwd=directory, env={"PATH": directory + ":" + os.environ["PATH"]})
    *proposals, nospace = printed.rstrip("\n").split("\n")
    return sorted(p for p in proposals if p), nospace == "nospace=1"


def equal(found, expected):
    assert found == expected, f"{found}, not {expected}"


def written(options):
    return [name + ("=" if argument else "") for name, argument in options.items()]


with tempfile.TemporaryDirectory() as directory:
    with open(f"{directory}/script", "w", encoding="utf-8") as script:
        script.write(scripts["bash"])
    # Stands for a program that has a daemon: prints the accounts, and how it was asked.
    with open(f"{directory}/posthorn", "w", encoding="utf-8") as fake:
        fake.write("#!/bin/sh\necho \"$*\" >> asked\ncat accounts\n")
    os.chmod(f"{directory}/posthorn", 0o755)
    with open(f"{directory}/accounts", "w", encoding="utf-8") as accounts:
        accounts.write("\n".join(ACCOUNTS) + "\n")

    equal(complete(directory, ""), (sorted(VERBS), False))
    equal(complete(directory, "-"), (sorted(written(PROGRAM)), False))
    for verb in VERBS:
        equal(complete(directory, verb), ([verb], False))
        equal(complete(directory, verb, "--"), (sorted(written(OPTIONS[verb])), False))
        equal(complete(directory, "--system", verb, "--"), (sorted(written(OPTIONS[verb])), False))
        for name, argument in OPTIONS[verb].items():
            if argument and sum(o.startswith(name) for o in OPTIONS[verb]) == 1:
                equal(complete(directory, verb, name), ([name + "="], True))
    equal(complete(directory, "nonsense", "--"), ([], False))

    equal(complete(directory, "watch", "--type", "re"), (["reset", "retired"], False))
    equal(complete(directory, "watch", "--type", "="), (["new", "reset", "retired"], False))
    equal(complete(directory, "watch", "--type", "=", "n"), (["new"], False))
    equal(complete(directory, "watch", "--since", "="), ([], False))
    equal(complete(directory, "--print-completion", "=", ""), (["bash", "fish", "zsh"], False))

    quoted = sorted(["work", "home", r"\$\(touch\ ran\)", r"\`touch\ ran\`", r"a\ b", "-x"])
    equal(complete(directory, "watch", "--account", "=", ""), (quoted, False))
    equal(complete(directory, "list", "--mailbox", "=", ""), (quoted, False))
    equal(complete(directory, "check", ""), (quoted, False))
    equal(complete(directory, "secret", ""), (["clear", "set", "unlock"], False))
    equal(complete(directory, "secret", "s"), (["set"], False))
    equal(complete(directory, "secret", "set", "w"), (["work"], False))
    equal(complete(directory, "check", "w"), (["work"], False))
    equal(complete(directory, "check", "$(touch"), ([r"\$\(touch\ ran\)"], False))
    equal(complete(directory, "check", "work", "h"), (["home"], False))
    assert not os.path.exists(f"{directory}/ran"), "an account's name was run"
    equal(complete(directory, "--system", "check", "h"), (["home"], False))
    with open(f"{directory}/asked", encoding="utf-8") as asked:
        lines = asked.read().splitlines()
    equal(set(lines[:-1]), {"--print-completion=accounts", "--print-completion=mailboxes"})
    equal(lines[-1], "--system --print-completion=accounts")

# --- zsh and fish -------------------------------------------------------------------------------

for verb in VERBS:
    assert f"'{verb}:" in scripts["zsh"] and f"\t{verb})\n" in scripts["zsh"], verb
    section = scripts["zsh"].split(f"\t{verb})\n")[1].split(";;")[0]
    equal(sorted(re.findall(r"'(--[\w-]+)", section)), sorted(OPTIONS[verb]))
    found = re.findall(rf"^complete -c posthorn (?:-n '__fish_seen_subcommand_from {verb}' )?-l (\S+)",
                       scripts["fish"], re.M)
    equal(sorted("--" + name for name in found), sorted(OPTIONS[verb]))
    assert f"-n __fish_use_subcommand -a {verb} -d " in scripts["fish"], verb

for shell, script in scripts.items():
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, check=True, text=True)
