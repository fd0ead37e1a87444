#!/usr/bin/env python3
"""completion-shells.py POSTHORN: bash, zsh and fish propose every verb and every option that --help shows,
and the words of accounts and messages, when a person presses the key. What bash does with each of them:
completion.py."""
import os
import pty
import re
import select
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
from helped import helped, output  # noqa: E402

POSTHORN = os.path.abspath(sys.argv[1])
DEADLINE = 60

if not shutil.which("zsh") or not shutil.which("fish"):
    print("zsh or fish is not installed")
    sys.exit(77)

VERBS, PROGRAM = helped(POSTHORN)
OPTIONS = {verb: helped(POSTHORN, verb)[1] for verb in VERBS}
NAMES = {"mailboxes": ["INBOX", "Entwürfe"], "accounts": ["work", "home", "$(touch ran)"], "messages": ["1793620800000001", "1793620800000002"]}


def check(shell, typed, found, wanted):
    missing = [word for word in wanted if word not in found]
    assert not missing, f"{shell}: '{typed}' proposes {found}, not {missing}"


def same(shell, typed, found, wanted):
    assert sorted(set(found)) == sorted(set(wanted)), f"{shell}: '{typed}' proposes {found}, not {wanted}"


class Shell:
    """One that is typed to, in `directory`. What it shows is between two marks."""

    def __init__(self, directory, *argv, setup, **environment):
        environment = {"PATH": f"{directory}:{os.environ['PATH']}", "TERM": "dumb", "HOME": directory,
                       "LC_ALL": "C.UTF-8", **environment}
        self.pid, self.leader = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(argv[0], argv, environment)
        self.n = 0
        self.type(f"stty columns 1000 rows 1000; COLUMNS=1000; LINES=1000; PS1='READY> '; {setup}\r")
        self.until_mark()

    def type(self, text):
        os.write(self.leader, text.encode())

    def until_mark(self):
        """All up to what a command prints that is typed now, and not up to its own letters."""
        self.n += 1
        self.type(f"\x15printf '%s\\n' MA''RK{self.n}''.\r")
        seen = ""
        # The prompt behind it: only then keys are keys, before they are the terminal's.
        while "READY> " not in seen.partition(f"MARK{self.n}.")[2]:
            ready, _, _ = select.select([self.leader], [], [], DEADLINE)
            assert ready, f"the shell says no more: {seen}"
            seen += os.read(self.leader, 65536).decode("utf-8", "replace")
        return seen

    def proposals(self, typed):
        """Ctrl-T lists them."""
        self.type(f"{typed}\x14")
        seen = self.until_mark()
        words = re.split(r"\s+", seen.replace(typed, " ", 1))
        return [word.removesuffix("=") for word in words]

    def close(self):
        os.close(self.leader)
        os.waitpid(self.pid, 0)


def bash(directory):
    return Shell(directory, "bash", "--norc", "--noprofile", "-i", setup=(
        f"source {directory}/posthorn.bash; bind 'set completion-query-items 0'; bind 'set page-completions off'; "
        "bind 'set enable-bracketed-paste off'; bind '\"\\C-t\": possible-completions'; "
        "bind '\"\\C-u\": kill-whole-line'"))


def zsh(directory):
    return Shell(directory, "zsh", "-f", "-i", ZDOTDIR=directory, setup=(
        f"unsetopt zle_bracketed_paste; fpath=({directory} $fpath); autoload -Uz compinit; compinit -D -u; "
        "setopt no_list_ambiguous no_auto_menu no_list_types; LISTMAX=100000; "
        "zstyle ':completion:*' completer _complete; zstyle ':completion:*' verbose no; "
        "bindkey '^T' list-choices; bindkey '^U' kill-whole-line"))


def check_typed(name, shell):
    """What bash and zsh show."""
    check(name, "posthorn ", shell.proposals("posthorn "), VERBS)
    check(name, "posthorn --", shell.proposals("posthorn --"), PROGRAM)
    for verb in VERBS:
        typed = f"posthorn {verb} --"
        found = [word for word in shell.proposals(typed) if word.startswith("--") and word != "--"]
        same(name, typed, found, OPTIONS[verb])
    check(name, "watch --type=", shell.proposals("posthorn watch --type="), ["new", "retired", "reset"])
    check(name, "check ", shell.proposals("posthorn check "), ["work", "home"])
    check(name, "watch --account=", shell.proposals("posthorn watch --account="), ["work", "home"])
    check(name, "watch --mailbox=", shell.proposals("posthorn watch --mailbox="), NAMES["mailboxes"])
    check(name, "secret ", shell.proposals("posthorn secret "), ["set", "clear", "unlock"])
    check(name, "mark-seen ", shell.proposals("posthorn mark-seen "), NAMES["messages"])
    # ls has such an option, posthorn has not
    found = shell.proposals("posthorn run --cursor=x -- sh -c x --")
    assert not any(option in found for option in ("--cursor", "--jobs")), found
    check(name, "run tr", shell.proposals("posthorn run tr"), ["true", "truncate"])
    shell.close()


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
    check("fish", "list --mailbox=", proposals("posthorn list --mailbox="),
          [f"--mailbox={name}" for name in NAMES["mailboxes"]])
    check("fish", "secret ", proposals("posthorn secret "), ["set", "clear", "unlock"])
    check("fish", "mark-seen ", proposals("posthorn mark-seen "), NAMES["messages"])
    check("fish", "run ", proposals("posthorn run truncat"), ["truncate"])


with tempfile.TemporaryDirectory() as directory:
    for shell, name in (("bash", "posthorn.bash"), ("zsh", "_posthorn"), ("fish", "posthorn.fish")):
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
    check_typed("bash", bash(directory))
    check_typed("zsh", zsh(directory))
    assert not os.path.exists(f"{directory}/ran"), "an account's name was run"
