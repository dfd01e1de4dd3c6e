"""Imports of sheets."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import View


class ImportFault(View):
    """What is wrong with a row."""

    row: int = Field(description="In the file, counted from 1.")
    column: str = Field(examples=["identity_number"])
    said: str


class IssuedSecret(View):
    """What a new device logs in with; shown this once."""

    device_id: str
    secret: str
    claim_code: str = Field(examples=["ABCD-2345"], description="Printed on its box.")


class ImportReport(View):
    """What a file comes to, or came to."""

    sha256: str = Field(description="Of the file: send it as `tried` to write what was tried.")
    rows: int
    new: int
    changed: int
    unchanged: int
    faulty: int = Field(description="Rows with something wrong. While there is one, nothing is written.")
    faults: list[ImportFault] = Field(description="The first 200; all of them are in the file of faults.")
    written: bool
    issued: list[IssuedSecret] = Field(default=[], description="Of devices that were made just now.")
