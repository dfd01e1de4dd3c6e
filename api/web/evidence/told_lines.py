"""Receipts on an alarm's time line: who was sent what, whether it arrived, was read, failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from api.schemas.alerts import NotificationView, ReceiptView
from api.web.evidence.lines import HistoryLine
from api.web.receipts import said
from api.web.wording import Wording


def with_receipts(
    history: Sequence[HistoryLine], notices: Sequence[NotificationView], wording: Wording
) -> list[HistoryLine]:
    """Return the lines of a history and of what became of messages, oldest first; the same again stands once."""
    lines = [*history, *(line for notice in notices for line in _lines(notice, wording))]
    return sorted(lines, key=lambda line: line.at_ms)


def _lines(notice: NotificationView, wording: Wording) -> Iterator[HistoryLine]:
    channel = (notice.channel_zh if wording.language == "zh-CN" else notice.channel_en) or notice.channel
    to = notice.owner_name or wording.word("owner", notice.owner_kind)
    for _, same in groupby(notice.receipts, key=_of):
        receipts = list(same)
        words = [channel, said(receipts[0].detail, wording)]
        if len(receipts) > 1:
            words.append(wording.t("alert.attempts", count=len(receipts)))
        text = " · ".join(word for word in words if word)
        yield HistoryLine(receipts[0].at_ms, wording.word("message", receipts[0].state), to, text)


def _of(receipt: ReceiptView) -> tuple[str, str]:
    return receipt.state, receipt.detail
