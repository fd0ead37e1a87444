"""JSON Web Tokens that Dovecot checks by itself, and a program for TokenCommand= that prints them."""

import base64
import hashlib
import hmac
import json
import pathlib
import time

KEY = b"a key for tests"
ISSUER = "https://idp.example.test"


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(user, *, lives=3600, key=KEY, ballast=0):
    """Signed with HS256; `lives` seconds from now. `ballast`: so many bytes that say nothing."""
    now = int(time.time())
    claims = {"sub": user, "email": user, "iss": ISSUER, "iat": now - 10000, "exp": now + lives,
              "groups": "x" * ballast}
    parts = [_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, _encode(signature)]).decode()


def dovecot_tokens(directory):
    """Configuration of Dovecot; its files are below `directory`."""
    home = pathlib.Path(directory) / "jwt"
    key = home / "default/HS256/default"
    key.parent.mkdir(parents=True)
    key.write_bytes(base64.b64encode(KEY))
    settings = home / "oauth2.conf"
    settings.write_text(
        "introspection_mode = local\n"
        f"local_validation_key_dict = fs:posix:prefix={home}/\n"
        f"username_attribute = email\nissuers = {ISSUER}\n"
        f"openid_configuration_url = {ISSUER}/.well-known/openid-configuration\n", encoding="ascii")
    for path in (home, *home.rglob("*")):
        path.chmod(0o755)
    return ("auth_mechanisms = $auth_mechanisms oauthbearer xoauth2\n"
            f"passdb {{\n  driver = oauth2\n  mechanisms = oauthbearer xoauth2\n  args = {settings}\n}}\n")


class TokenHelper:
    """A program that prints `first`, and `second` when it hears that the last one was refused."""

    def __init__(self, directory, first, second=""):
        self.path = pathlib.Path(directory) / "token-helper"
        self.calls = pathlib.Path(directory) / "token-helper.calls"
        self.path.write_text(
            "#!/bin/sh\n"
            f"echo \"$POSTHORN_USER refresh=$POSTHORN_REFRESH\" >> '{self.calls}'\n"
            f"if [ \"$POSTHORN_REFRESH\" = 1 ]; then echo '{second}'; else echo '{first}'; fi\n", encoding="ascii")
        self.path.chmod(0o755)

    def called(self):
        return self.calls.read_text(encoding="ascii").splitlines() if self.calls.exists() else []
