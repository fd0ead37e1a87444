"""Tests that want more of a machine than every one has."""

import os

import pytest


def need(missing):
    """`missing`: why it cannot be had here, "" if it can. That is an error, or a skip where the run says so."""
    if missing and os.environ.get("POSTHORN_TEST_OPTIONAL") == "1":
        pytest.skip(missing)
    assert not missing, f"{missing}. Set POSTHORN_TEST_OPTIONAL=1 to do without this test."
