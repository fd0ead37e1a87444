"""The server's side of SASL as Cyrus IMAP has it: libsasl2 itself, with passwords in a sasldb. Cyrus
IMAP cannot be installed beside Dovecot; this is the part of it that a login talks to."""

import ctypes

from .dovecot import PASSWORD

OK, CONTINUE = 0, 1
CB_LIST_END, CB_GETOPT = 0, 1
SET_CREATE = 1
CHANNEL_BINDING = 21

GetOpt = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
                          ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_uint))


class Callback(ctypes.Structure):
    _fields_ = [("id", ctypes.c_ulong), ("proc", ctypes.c_void_p), ("context", ctypes.c_void_p)]


class Binding(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("critical", ctypes.c_int), ("n", ctypes.c_ulong),
                ("bytes", ctypes.c_char_p)]


class CyrusSasl:
    """One for a process: the library keeps its state in globals."""

    def __init__(self, directory, user):
        self.user = user.encode()
        self.options = {b"auxprop_plugin": b"sasldb", b"pwcheck_method": b"auxprop",
                        b"sasldb_path": str(directory / "sasldb2").encode()}
        self.library = ctypes.CDLL("libsasl2.so.2")
        self.library.sasl_errstring.restype = ctypes.c_char_p
        self._getopt = GetOpt(self._on_option)
        self._callbacks = (Callback * 2)(
            Callback(CB_GETOPT, ctypes.cast(self._getopt, ctypes.c_void_p), None), Callback(CB_LIST_END, None, None))
        assert self.library.sasl_server_init(self._callbacks, b"posthorn-test") == OK
        conversation = self.begin(None)
        result = self.library.sasl_setpass(conversation.handle, self.user, PASSWORD.encode(), len(PASSWORD), None, 0,
                                           SET_CREATE)
        conversation.end()
        assert result == OK, self.text(result)

    def _on_option(self, _context, _plugin, option, ret_text, ret_n):
        text = self.options.get(option)
        if text is None:
            return -1
        ret_text[0] = text
        if ret_n:
            ret_n[0] = len(text)
        return OK

    def text(self, result):
        return self.library.sasl_errstring(result, None, None).decode()

    def begin(self, binding):
        return Conversation(self, binding)

    def stop(self):
        self.library.sasl_done()


class Conversation:
    """`binding`: (kind, bytes) of the connection that it is in, or None."""

    def __init__(self, sasl, binding):
        self.sasl, self.library = sasl, sasl.library
        self.handle = ctypes.c_void_p()
        assert self.library.sasl_server_new(b"imap", b"localhost", b"localhost", None, None, None, 0,
                                            ctypes.byref(self.handle)) == OK
        if binding:
            self._binding = Binding(binding[0].encode(), 0, len(binding[1]), binding[1])
            assert self.library.sasl_setprop(self.handle, CHANNEL_BINDING, ctypes.byref(self._binding)) == OK

    def step(self, mechanism, said):
        """The next challenge (bytes) or None, and how it stands (OK, CONTINUE, an error)."""
        out, n = ctypes.c_void_p(), ctypes.c_uint()
        more = (said, len(said), ctypes.byref(out), ctypes.byref(n))
        if mechanism:
            result = self.library.sasl_server_start(self.handle, mechanism.encode(), *more)
        else:
            result = self.library.sasl_server_step(self.handle, *more)
        return (ctypes.string_at(out.value, n.value) if out.value else None), result

    def end(self):
        self.library.sasl_dispose(ctypes.byref(self.handle))
