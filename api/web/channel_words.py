"""What a channel is called, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anhu.registry.contact_form import ContactForm
from api.web.wording import Wording


def channel_namer(forms: Mapping[str, ContactForm]) -> Callable[[str, Wording], str]:
    """Return what names a channel; one that is no longer there is called by its own name."""

    def name_of(channel: str, wording: Wording) -> str:
        form = forms.get(channel)
        if form is None:
            return channel
        return form.title.zh if wording.language == "zh-CN" else form.title.en

    return name_of
