"""Messages as they come: plain, encoded, and as they should not be."""

import base64
import itertools

_numbers = itertools.count(1)


def message(subject="Hello", *, sender=b"Ada Lovelace <ada@example.test>", message_id=None, body="Hello there.",
            date="Mon, 02 Nov 2026 10:00:00 +0000", extra=b""):
    """The bytes of a message. `subject`: text (ASCII) or bytes, put into the header as they are."""
    if isinstance(subject, str):
        subject = subject.encode("ascii")
    if isinstance(body, str):
        body = body.encode("utf-8")
    message_id = message_id or f"m{next(_numbers)}@example.test"
    return (b"From: " + sender + b"\r\nTo: alice@example.test\r\nSubject: " + subject
            + b"\r\nMessage-ID: <" + message_id.encode("ascii") + b">\r\nDate: " + date.encode("ascii")
            + b"\r\n" + extra + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            + body + b"\r\n")


def encoded_word(text, charset, encoding="B"):
    """RFC 2047."""
    data = text.encode(charset)
    if encoding == "B":
        word = base64.b64encode(data)
    else:
        word = b"".join(b"=%02X" % byte for byte in data)
    return b"=?" + charset.encode("ascii") + b"?" + encoding.encode("ascii") + b"?" + word + b"?="
