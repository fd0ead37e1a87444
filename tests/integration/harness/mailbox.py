"""Another mail program of the same user, with one connection that stays."""

import imaplib
import itertools

from .dovecot import PASSWORD


class OtherProgram:
    """`uids` counts what it appended: nobody else may add to these mailboxes."""

    def __init__(self, server, user, mailboxes=("INBOX",)):
        self.imap = imaplib.IMAP4("127.0.0.1", server.imap)
        self.imap.login(user, PASSWORD)
        self._uids = {mailbox: itertools.count(1) for mailbox in mailboxes}
        for mailbox in mailboxes[1:]:
            self._do(self.imap.create, mailbox)

    @staticmethod
    def _do(command, *arguments):
        word, data = command(*arguments)
        assert word == "OK", (command, arguments, data)
        return data

    def append(self, message, mailbox="INBOX"):
        """Its UID."""
        self._do(self.imap.append, mailbox, None, None, message)
        return next(self._uids[mailbox])

    def flag(self, uid, mailbox="INBOX", flag="\\Seen"):
        self._do(self.imap.select, mailbox)
        self._do(self.imap.uid, "STORE", str(uid), "+FLAGS.SILENT", f"({flag})")

    def expunge(self, uid, mailbox="INBOX"):
        self.flag(uid, mailbox, "\\Deleted")
        self._do(self.imap.expunge)

    def seen(self, mailbox="INBOX"):
        """The UIDs of what was read."""
        self._do(self.imap.select, mailbox)
        return {int(uid) for uid in self._do(self.imap.uid, "SEARCH", "SEEN")[0].split()}

    def close(self):
        self.imap.logout()
