"""posthorn doctor where a real service manager is asked."""

import json


def examine(machine):
    done = machine.run("posthorn", "--system", "doctor", "--json", check=False)
    assert done.stdout, done.stderr
    return {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}


def test_what_the_unit_lacks(machine):
    machine.run("systemctl", "start", "posthornd.service")
    machine.wait_property("posthornd.service", "StatusText", "1 account: 0 online (work: connect-failed)")
    found = examine(machine)
    assert (found["bus"]["mark"], found["daemon"]["mark"], found["unit"]["mark"]) == ("ok", "ok", "ok")
    assert found["state"]["mark"] == "ok" and found["configuration"]["mark"] == "ok"
    # Nothing listens where the account is.
    assert found["account"]["mark"] == "problem" and "firewall" in found["account"]["mend"]

    machine.run("systemctl", "disable", "--now", "posthornd.service")
    found = examine(machine)
    assert (found["daemon"]["mark"], found["daemon"]["mend"]) == ("problem", "sudo systemctl enable --now posthornd")
    assert (found["unit"]["mark"], found["unit"]["mend"]) == ("warning", "sudo systemctl enable --now posthornd")

    machine.run("systemctl", "mask", "--runtime", "posthornd.service")
    found = examine(machine)
    assert (found["unit"]["mark"], found["unit"]["mend"]) == ("problem", "sudo systemctl unmask posthornd")
