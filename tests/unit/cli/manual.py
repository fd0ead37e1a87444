#!/usr/bin/env python3
"""manual.py ROOT POSTHORN CONFIG_ROWS...: the manual pages and the example configuration say what there is, all of
it and nothing else: verbs, options and exit codes, keys, and the D-Bus contract."""
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

ROOT, POSTHORN, CONFIG_ROWS = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
problems = []


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def page(name):
    return read(f"man/{name}.scd")


def made_page(name):
    """A page that is made from the D-Bus contract."""
    contract = sorted((ROOT / "lib/bus").glob("*.xml"))
    return subprocess.run([ROOT / "man/dbus-page", ROOT / f"man/{name}.scd.in", *contract],
                          stdout=subprocess.PIPE, check=True, text=True).stdout


def compare(what, real, written):
    real, written = list(real), list(written)
    if not real:
        problems.append(f"{what}: nothing found to compare with")
    for item in real:
        if item not in written:
            problems.append(f"{what}: {item} is not written down")
        elif written.count(item) > 1:
            problems.append(f"{what}: {item} is written down twice")
    problems.extend(f"{what}: {item} does not exist" for item in written if item not in real)


def between(text, start, end="\n# "):
    """What stands behind a line `start`, up to the next section."""
    found = re.search(rf"^{re.escape(start)}$", text, re.M)
    if not found:
        problems.append(f"there is no line {start!r}")
        return ""
    return (text[found.end():] + end).partition(end)[0]


def terms(text):
    """The bold words that begin the lines of a list of options: `*-h*, *--help*`, `*--since*=_SEQ_`."""
    lines = (line for line in text.split("\n") if line.startswith("*-"))
    return [re.sub(r"[*_]", "", term) for line in lines for term in line.split(", ")]


# --- posthorn(1): the table of verbs, as --help prints it ---------------------------------------

def helped(*arguments):
    """The left sides of --help, by heading: {'Verbs': ['status', ...], 'Options': ['-h', ...]}."""
    output = subprocess.run([POSTHORN, *arguments, "--help"], stdout=subprocess.PIPE, check=True,
                            text=True).stdout
    found, heading = {}, ""
    for line in output.split("\n"):
        if line.endswith(":") and not line.startswith(" "):
            heading = line[:-1]
        elif line.startswith("  "):
            left = re.split(r"  +", line.strip())[0]
            found.setdefault(heading, []).extend(left.split(", "))
    return found


def check_posthorn():
    text = page("posthorn.1")
    program = helped()
    verbs = [left.split()[0] for left in program["Verbs"]]
    options = between(text, "# OPTIONS")
    common, *groups = re.split(r"^Of \*([\w-]+)\*:$", options, flags=re.M)
    compare("posthorn(1), common options", program["Options"], terms(common))
    compare("posthorn(1), verbs", verbs,
            re.findall(r"^\*([\w-]+)\*$", between(text, "# VERBS"), re.M))
    compare("posthorn(1), synopsis", verbs,
            re.findall(r"^\*posthorn\*.* \*(\w[\w-]*)\*", between(text, "# SYNOPSIS"), re.M))

    written = dict(zip(groups[::2], groups[1::2]))
    for verb in verbs:
        own = [o for o in helped(verb)["Options"] if o not in program["Options"]]
        if own or verb in written:
            compare(f"posthorn(1), options of {verb}", own, terms(written.get(verb, "")))
        synopsis = re.search(rf"^\*posthorn\*.* \*{verb}\*(.*)$", text, re.M)
        compare(f"posthorn(1), synopsis of {verb}", own or ["none"],
                [re.sub(r"[*_]", "", o) for o in re.findall(r"\[(\*--.*?)\]", synopsis.group(1))]
                or ["none"])

    codes = set(re.findall(r"^\tEXIT_CODE_\w+ = (\d+)", read("cli/exit-code.h"), re.M))
    compare("posthorn(1), exit codes", sorted(codes),
            re.findall(r"^\*(\d+)\*$", between(text, "# EXIT STATUS"), re.M))


# --- the other programs -------------------------------------------------------------------------

def check_options(name, source, pattern):
    text = page(name)
    if not (ROOT / source).exists():
        return
    real = ["--" + o for o in re.findall(pattern, read(source))] + ["--help"]
    compare(name, sorted(set(real)),
            sorted({term.split()[0] for term in terms(between(text, "# OPTIONS")) if
                    term.startswith("--")}))


# --- posthorn.conf(5) and the examples: C-04 ----------------------------------------------------

def written_keys(text):
    """{'[Account] Port=': what the page says of it}"""
    found = []
    for section, body in re.findall(r"^# \[(\w+)\] SECTION$(.*?)(?=^# )", text, re.M | re.S):
        parts = re.split(r"^\*(\w+=)\*(?:, \*\w+=\*)*$", body, flags=re.M)
        found += [(f"[{section.capitalize()}] {key}", said)
                  for key, said in zip(parts[1::2], parts[2::2])]
    return found


def example_keys(path):
    """[('[Account] Port=', '993', is it commented out), ...]"""
    found, section = [], ""
    for line in read(path).split("\n"):
        if line.startswith("["):
            section = line
        match = re.match(r"(#?)([A-Z]\w*=)(.*)", line)
        if match and section:
            found.append((f"{section} {match.group(2)}", match.group(3), bool(match.group(1))))
    return found


def check_keys():
    rows = []
    for program in CONFIG_ROWS:
        output = subprocess.run([program], stdout=subprocess.PIPE, check=True, text=True).stdout
        rows += [line.split("\t") for line in output.splitlines()]
    # A build without the agent does not know its keys.
    sections = {f"[{row[1]}]" for row in rows}
    manual = [item for item in written_keys(page("posthorn.conf.5")) if item[0].split()[0] in sections]
    compare("posthorn.conf(5)", [f"[{section}] {key}=" for _, section, key, _ in rows],
            [key for key, _ in manual])
    for path in sorted({row[0] for row in rows}):
        example = [item for item in example_keys(f"config/{path}") if item[0].split()[0] in sections]
        compare(f"config/{path}",
                [f"[{section}] {key}=" for file, section, key, _ in rows if file == path],
                sorted({key for key, _, _ in example}))
        for file, section, key, standard in rows:
            name = f"[{section}] {key}="
            if file != path or not standard:
                continue
            if (name, standard, True) not in example:
                problems.append(f"config/{path}: #{key}={standard}, the default, is not there")
            said = dict(manual).get(name, "")
            if f"Default: *{standard}*" not in said and f"*{standard}* (the default)" not in said:
                problems.append(f"posthorn.conf(5): that {standard} is the default of {name} "
                                "is not there")


# --- posthorn-dbus(7) ---------------------------------------------------------------------------

def arguments(member, direction=None):
    return ", ".join(f"{a.get('type')} _{a.get('name')}_" for a in member.findall("arg")
                     if direction in (None, a.get("direction")))


def method_line(method):
    outputs = arguments(method, "out")
    return (f"*{method.get('name')}*({arguments(method, 'in')})"
            + (f" -> ({outputs})" if outputs else ""))


def check_interface(name, text):
    tree = xml.etree.ElementTree.fromstring(read(f"lib/bus/org.posthorn.Posthorn1.{name}.xml"))
    interface = tree.find("interface")
    if f"Interface *{interface.get('name')}*." not in text:
        problems.append(f"posthorn-dbus(7): {interface.get('name')} is not named")
    compare(f"{name}, methods", map(method_line, interface.findall("method")),
            re.findall(r"^\*\w+\*\(.*$", between(text, "## Methods", "\n## "), re.M))
    properties = [f"*{p.get('name')}* ({p.get('type')})" for p in interface.findall("property")]
    if properties or "## Properties" in text:
        compare(f"{name}, properties", properties,
                re.findall(r"^\*\w+\* \(\w+\)$", between(text, "## Properties", "\n## "), re.M))
    signals = [f"*{s.get('name')}*({arguments(s)})" for s in interface.findall("signal")]
    if signals or "## Signals" in text:
        compare(f"{name}, signals", signals,
                re.findall(r"^\*\w+\*\(.*$", between(text, "## Signals", "\n## "), re.M))


def check_dbus():
    text, names = made_page("posthorn-dbus.7").replace("\\_", "_"), read("lib/bus/names.h")
    check_interface("Manager", between(text, "# MANAGER"))
    check_interface("Metrics", between(text, "# METRICS"))
    check_interface("Account", between(text, "# ACCOUNTS"))
    compare("posthorn-dbus(7), keys",
            (f"*{key}* ({kind})" for key, kind in
             re.findall(r'BUS_KEY_\w+ "(\w+)" /\* (\w+)', names)),
            re.findall(r"^\*\w+\* \(\w+\)$", between(text, "# EVENTS"), re.M))
    compare("posthorn-dbus(7), errors",
            re.findall(r'BUS_ERROR_\w+ "org\.posthorn\.Posthorn1\.Error\.(\w+)"', names),
            re.findall(r"^\*(\w+)\*$", between(text, "# ERRORS"), re.M))
    compare("posthorn-dbus(7), reasons",
            re.findall(r'^\t\[REASON_\w+\] = \{ "([\w-]+)"', read("lib/base/reason.c"), re.M),
            re.findall(r"\*([\w-]+)\*", between(text, "*Reason* (s)", "*ReasonText*")))


check_posthorn()
check_options("posthornd.8", "daemon/options.c", r'\{ "([\w-]+)", (?:no|required)_argument')
check_options("posthorn-notify.1", "notify/main.c", r'\{ "([\w-]+)", 0, 0, G_OPTION_ARG')
check_keys()
check_dbus()
print("\n".join(problems))
sys.exit(1 if problems else 0)
