"""A system bus that is restarted under the service, as an upgrade of it may do."""

from harness.messages import message
from harness.wait import wait_for


def test_the_service_outlives_its_bus(machine):
    """It goes on watching, is there again with the next bus, and no event is lost to who reads or subscribes
    again."""
    machine.deliver("desk", "On the first bus")
    for client in machine.clients:
        client.close()
    machine.clients.clear()
    process = machine.daemon.process
    machine.bus.stop()
    process.wait_for_line("the bus closed the connection")
    machine.server.deliver(message("Without a bus"), machine.users["desk"])
    seen = len(process.output())
    machine.bus.start()
    process.wait_for_line("on the bus", after=seen)
    machine.root = machine.subscriber("posthorn")
    ada = machine.subscriber("ada")
    wait_for(lambda: len(ada.read_events()) == 2, "what came without a bus", look_every=0.1)
    machine.deliver("desk", "On the second bus")
    ada.wait_signal("NewMail", lambda signal: signal[4][2]["subject"] == "On the second bus")
    assert [event["subject"] for event in ada.read_events()] == ["On the first bus", "Without a bus",
                                                                 "On the second bus"]
    assert process is machine.daemon.process and process.is_running()
    assert machine.daemon.log().count("state=online") == len(machine.users), "no mail session had a reason to suffer"
