"""What posthorn says of itself, for the scripts beside this one."""
import re
import subprocess


def output(*arguments, **more):
    return subprocess.run(arguments, stdout=subprocess.PIPE, check=True, text=True, **more).stdout


def helped(posthorn, *arguments):
    """Verbs, and options with what they take: (['status', ...], {'--since': 'SEQ', ...})."""
    verbs, options, heading = [], {}, ""
    for line in output(posthorn, *arguments, "--help").split("\n"):
        if line.endswith(":") and not line.startswith(" "):
            heading = line
        elif line.startswith("  ") and heading == "Verbs:":
            verbs.append(line.split()[0])
        elif line.startswith("  ") and heading == "Options:":
            name, _, argument = re.search(r"--\S+", line).group().partition("=")
            options[name] = argument
    return verbs, options
