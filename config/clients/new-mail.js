#!/usr/bin/env -S gjs -m
// new-mail.js [--system] [AFTER]: prints a line for each new message, from the event behind AFTER on.
//
// A client of org.posthorn.Posthorn1 as posthorn-dbus(7) asks for it, with GJS and nothing of
// Posthorn's: the signals tell the messages, the log fills the gaps before and between them. A shell
// extension does the same, with Main.notify() in the place of print().

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const NAME = 'org.posthorn.Posthorn1';
const ROOT = '/org/posthorn/Posthorn1';
const MANAGER = `${NAME}.Manager`;

Gio._promisify(Gio.DBusConnection.prototype, 'call');

// Texts come from strangers: no line ends, no colours, nothing that turns a line around.
function printable(text) {
    return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

function show(keys) {
    const sender = keys.from_name || keys.from_address || '';
    print(`${keys.account}/${printable(keys.mailbox)}: ${printable(sender)}: ${printable(keys.subject ?? '')}`);
}

function complain(error) {
    printerr(`posthornd: ${error.message}`);
    return false;
}

// Sequence numbers are microseconds, which a Number holds exactly until the year 2255.
class Follower {
    constructor(bus, after) {
        this.bus = bus;
        this.last = after; // null: what comes from now on
        this.pending = []; // what is told before the log has been read; null: it has been
        this.isReading = false;
        this.isStale = false; // there is more to read
        bus.signal_subscribe(NAME, MANAGER, null, ROOT, null, Gio.DBusSignalFlags.NONE,
            (_bus, _sender, _path, _interface, signal, parameters) => this.onSignal(signal, parameters));
        Gio.bus_watch_name_on_connection(bus, NAME, Gio.BusNameWatcherFlags.NONE,
            () => this.readOn(), () => (this.pending = []));
    }

    onSignal(signal, parameters) {
        if (signal === 'Lagged') {
            this.readOn();
        } else if (signal === 'NewMail') {
            const [seq, , keys] = parameters.recursiveUnpack();
            if (this.pending)
                this.pending.push([seq, keys]);
            else
                this.take(seq, keys);
        }
    }

    take(seq, keys) {
        if (seq <= this.last)
            return;
        this.last = seq;
        show(keys);
    }

    async call(interfaceName, method, parameters) {
        const answer = await this.bus.call(NAME, ROOT, interfaceName, method, parameters, null,
            Gio.DBusCallFlags.NO_AUTO_START, -1, null);
        return answer.recursiveUnpack();
    }

    // Nothing is lost between the log and the signals: those that come meanwhile wait for its end.
    async readOn() {
        this.isStale = true;
        if (this.isReading)
            return;
        this.isReading = true;
        this.pending ??= [];
        let isCaughtUp = false;
        while (this.isStale) {
            this.isStale = false;
            // When the daemon goes meanwhile, its return calls this again.
            isCaughtUp = await this.readLog().then(() => true, complain);
        }
        if (isCaughtUp) {
            const pending = this.pending;
            this.pending = null;
            pending.forEach(([seq, keys]) => this.take(seq, keys));
        }
        this.isReading = false;
    }

    async readLog() {
        await this.call(MANAGER, 'Subscribe', null);
        if (this.last === null) {
            const [last] = await this.call('org.freedesktop.DBus.Properties', 'Get',
                new GLib.Variant('(ss)', [MANAGER, 'LastSequence']));
            this.last = last;
        }
        while (await this.readPage())
            ;
    }

    async readPage() {
        try {
            const [events, last] = await this.call(MANAGER, 'ReadEvents', new GLib.Variant('(tu)', [this.last, 0]));
            events.filter(keys => keys.type === 'new').forEach(show);
            this.last = Math.max(this.last, last);
            return events.length > 0;
        } catch (error) {
            if (Gio.DBusError.get_remote_error(error) !== `${NAME}.Error.SequenceGone`)
                throw error;
            printerr('Some events were dropped from the log.');
            this.last = 0;
            return true;
        }
    }
}

const words = System.programArgs.filter(word => word !== '--system');
const type = words.length < System.programArgs.length ? Gio.BusType.SYSTEM : Gio.BusType.SESSION;
const follower = new Follower(Gio.bus_get_sync(type, null), words.length > 0 ? Number(words[0]) : null);
new GLib.MainLoop(null, false).run();
