#!/usr/bin/env python3
"""completion-shells.py POSTHORN: zsh and fish propose every verb and every option that --help shows, and
the words of accounts and messages, when a person presses the key. bash: completion.py."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile

POSTHORN = os.path.abspath(sys.argv[1])
DEADLINE = 60

if not shutil.which("zsh") or not shutil.which("fish"):
    print("zsh or fish is not installed")
    sys.exit(77)


def output(*arguments, **more):
    return subprocess.run(arguments, stdout=subprocess.PIPE, check=True, text=True, **more).stdout


def helped(*arguments):
    """Verbs and options."""
    verbs, options, heading = [], [], ""
    for line in output(POSTHORN, *arguments, "--help").split("\n"):
        if line.endswith(":") and not line.startswith(" "):
            heading = line
        elif line.startswith("  ") and heading == "Verbs:":
            verbs.append(line.split()[0])
        elif line.startswith("  ") and heading == "Options:":
            options.append(re.search(r"--[\w-]+", line).group())
    return verbs, options


VERBS, PROGRAM = helped()
OPTIONS = {verb: helped(verb)[1] for verb in VERBS}
NAMES = {"accounts": ["work", "home", "$(touch ran)"], "messages": ["1793620800000001"]}


def check(shell, typed, found, wanted):
    missing = [word for word in wanted if word not in found]
    assert not missing, f"{shell}: '{typed}' proposes {found}, not {missing}"


def same(shell, typed, found, wanted):
    assert sorted(set(found)) == sorted(set(wanted)), f"{shell}: '{typed}' proposes {found}, not {wanted}"


class Zsh:
    """One that is typed to. The lists it shows are between two marks."""

    def __init__(self, directory):
        environment = {"PATH": f"{directory}:{os.environ['PATH']}", "TERM": "dumb", "HOME": directory,
                       "LC_ALL": "C.UTF-8", "ZDOTDIR": directory}
        self.pid, self.leader = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
        self.n = 0
        self.type("stty columns 1000 rows 1000; COLUMNS=1000; LINES=1000; PS1='READY> '; unsetopt zle_bracketed_paste; "
                  f"fpath=({directory} $fpath); autoload -Uz compinit; compinit -D -u; "
                  "setopt no_list_ambiguous no_auto_menu no_list_types; LISTMAX=100000; "
                  "zstyle ':completion:*' completer _complete; zstyle ':completion:*' verbose no; "
                  "bindkey '^T' list-choices; bindkey '^U' kill-whole-line\r")
        self.until_mark()

    def type(self, text):
        os.write(self.leader, text.encode())

    def until_mark(self):
        """All up to what a command prints that is typed now, and not up to its own letters."""
        self.n += 1
        self.type(f"\x15print -r -- MA''RK{self.n}''.\r")
        seen = ""
        # The prompt behind it: only then keys are keys, before they are the terminal's.
        while "READY> " not in seen.partition(f"MARK{self.n}.")[2]:
            ready, _, _ = select.select([self.leader], [], [], DEADLINE)
            assert ready, f"zsh says no more: {seen}"
            seen += os.read(self.leader, 65536).decode("utf-8", "replace")
        return seen

    def proposals(self, typed):
        self.type(f"{typed}\x14")
        seen = self.until_mark()
        words = re.split(r"\s+", seen.replace(typed, " ", 1))
        return [word.removesuffix("=") for word in words]

    def close(self):
        os.close(self.leader)
        os.waitpid(self.pid, 0)


def check_zsh(directory):
    zsh = Zsh(directory)
    check("zsh", "posthorn ", zsh.proposals("posthorn "), VERBS)
    check("zsh", "posthorn --", zsh.proposals("posthorn --"), PROGRAM)
    for verb in VERBS:
        typed = f"posthorn {verb} --"
        found = [word for word in zsh.proposals(typed) if word.startswith("--") and word != "--"]
        same("zsh", typed, found, OPTIONS[verb])
    check("zsh", "watch --type=", zsh.proposals("posthorn watch --type="), ["new", "retired", "reset"])
    check("zsh", "check ", zsh.proposals("posthorn check "), ["work", "home"])
    check("zsh", "secret ", zsh.proposals("posthorn secret "), ["set", "clear", "unlock"])
    check("zsh", "mark-seen ", zsh.proposals("posthorn mark-seen 1793620"), NAMES["messages"])
    # ls has such an option, posthorn has not
    found = zsh.proposals("posthorn run --cursor=x -- sh -c x --")
    assert not any(option in found for option in ("--cursor", "--jobs")), found
    check("zsh", "run tru", zsh.proposals("posthorn run truncat") + ["truncate"], ["truncate"])
    zsh.close()


def check_fish(directory):
    def proposals(typed):
        script = f"source {directory}/posthorn.fish; complete -C {typed!r}"
        printed = output("fish", "--no-config", "-c", script, cwd=directory,
                         env={"PATH": f"{directory}:{os.environ['PATH']}", "HOME": directory, "LC_ALL": "C.UTF-8"})
        return [line.split("\t")[0] for line in printed.splitlines()]
    same("fish", "posthorn ", proposals("posthorn "), VERBS)
    same("fish", "posthorn --", [word.removesuffix("=") for word in proposals("posthorn --")], PROGRAM)
    for verb in VERBS:
        typed = f"posthorn {verb} --"
        same("fish", typed, [word.removesuffix("=") for word in proposals(typed)], OPTIONS[verb])
    same("fish", "watch --type=", proposals("posthorn watch --type="),
         ["--type=new", "--type=retired", "--type=reset"])
    check("fish", "check ", proposals("posthorn check "), NAMES["accounts"])
    check("fish", "watch --account=", proposals("posthorn watch --account="),
          [f"--account={name}" for name in NAMES["accounts"][:2]])
    check("fish", "secret ", proposals("posthorn secret "), ["set", "clear", "unlock"])
    check("fish", "mark-seen ", proposals("posthorn mark-seen "), NAMES["messages"])
    check("fish", "run ", proposals("posthorn run truncat"), ["truncate"])


with tempfile.TemporaryDirectory() as directory:
    for shell, name in (("zsh", "_posthorn"), ("fish", "posthorn.fish")):
        with open(f"{directory}/{name}", "w", encoding="utf-8") as script:
            script.write(output(POSTHORN, f"--print-completion={shell}"))
    # Stands for a program that has a daemon.
    with open(f"{directory}/posthorn", "w", encoding="utf-8") as fake:
        fake.write("#!/bin/sh\nfor word; do case $word in --print-completion=*) cat \"${word#*=}\";; esac; done\n")
    os.chmod(f"{directory}/posthorn", 0o755)
    for kind, names in NAMES.items():
        with open(f"{directory}/{kind}", "w", encoding="utf-8") as file:
            file.write("\n".join(names) + "\n")
    check_fish(directory)
    check_zsh(directory)
    assert not os.path.exists(f"{directory}/ran"), "an account's name was run"
