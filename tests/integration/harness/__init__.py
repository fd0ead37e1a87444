"""What the integration tests and ./try stand on: a throw-away mail server, a private bus, the
programs. Everything here but `client` needs nothing beyond python3 itself."""
