"""A certificate authority for one run, and server certificates good and bad. Needs openssl."""

import pathlib

from .process import run

NAMES = "DNS:localhost,DNS:imap.example.test,IP:127.0.0.1,IP:::1"


class Authority:
    """`directory`/ca.pem signs; certificate() makes NAME.pem and NAME.key beside it."""

    def __init__(self, directory, name="ca"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.ca = self.directory / f"{name}.pem"
        self._openssl("req", "-x509", *self._new_key(name), "-days", "3650",
                      "-subj", f"/CN=Posthorn test authority {name}", "-out", self.ca,
                      "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _openssl(self, *arguments):
        return run(["openssl", *arguments])

    def _new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", self.directory / f"{name}.key"]

    def certificate(self, name, *, names=NAMES, usage="serverAuth", dates=None):
        """Paths of certificate and key. `dates`: (notBefore, notAfter) as YYYYMMDDHHMMSSZ."""
        pem, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        request, extensions = self.directory / f"{name}.csr", self.directory / f"{name}.cnf"
        self._openssl("req", *self._new_key(name), "-subj", f"/CN={name}.example.test", "-out", request)
        extensions.write_text(
            "[ca]\ndefault_ca = d\n[d]\n"
            f"database = {self.directory}/{name}.index\nserial = {self.directory}/{name}.serial\n"
            f"new_certs_dir = {self.directory}\ndefault_md = sha256\npolicy = p\nrand_serial = yes\n"
            "unique_subject = no\n[p]\ncommonName = supplied\n[x]\n"
            f"subjectAltName = {names}\nextendedKeyUsage = {usage}\n"
            "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n", encoding="ascii")
        (self.directory / f"{name}.index").write_text("", encoding="ascii")
        start, end = dates or ("20240101000000Z", "20540101000000Z")
        self._openssl("ca", "-batch", "-notext", "-config", extensions, "-extensions", "x",
                      "-cert", self.ca, "-keyfile", self.directory / f"{self.name}.key",
                      "-startdate", start, "-enddate", end, "-in", request, "-out", pem)
        return pem, key
