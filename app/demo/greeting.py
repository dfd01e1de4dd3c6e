"""What the demo changes in the settings, and what it says to the person who started it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from textwrap import wrap

from app.demo import people
from app.settings import Settings
from notify.channel import Recipient
from notify.channels import channel_types, contact_forms, fake_server

_WS_OFFSET = 3
_PUSH_OFFSET = 18
_FIRST_OFFSET = 19
_HIDDEN = "…"
"""Stands where a part of an address is secret: what is left tells nobody anything."""
_WIDTH = 100


def demo_settings(settings: Settings) -> Settings:
    """Return the settings with what the demo needs: the loopback address, every door, every channel's other end."""
    channels = {name: fake_server(name).settings(port) for name, port in receiver_ports(settings).items()}
    push_port, tcp_port = settings.push_port or settings.port + _PUSH_OFFSET, settings.tcp_port or settings.port + 1
    ws_port = settings.mqtt_ws_port or settings.port + _WS_OFFSET
    settings = dataclasses.replace(
        settings, host="127.0.0.1", push_port=push_port, tcp_port=tcp_port, mqtt_ws_port=ws_port
    )
    return dataclasses.replace(settings, demo=True, channels={**settings.channels, **channels})


def receiver_ports(settings: Settings) -> Mapping[str, int]:
    """Return channel -> where the demo's own receiver listens: a fixed distance from the pages' port."""
    told = {name: fake_server(name) for name, one in channel_types().items() if one.form.for_people}
    names = [name for name in sorted(told, reverse=True) if told[name].has_port]
    names.sort(key=lambda name: told[name].joined)
    return {name: settings.port + _FIRST_OFFSET + n for n, name in enumerate(names)}


def receiver_addresses(settings: Settings, name: str) -> Mapping[str, str]:
    """Return channel -> the address at which the demo's receiver knows somebody."""
    return {channel: one.address for channel, one in receivers(settings, name).items()}


def receivers(settings: Settings, name: str) -> Mapping[str, Recipient]:
    """Return channel -> where the demo's receiver knows somebody, and what signs for it."""
    ports = receiver_ports(settings)
    return {channel: fake_server(channel).contacts(port, name)[0] for channel, port in ports.items()}


def login_lines(settings: Settings) -> list[str]:
    """Return the demo's logins as lines for the console."""
    lines = [f"  {u.role:<7} {u.login:<8} {u.password:<18} {u.name}" for u in people.LOGINS]
    forms = contact_forms()
    shown = {name: forms[name].shown(to) for name, to in receiver_addresses(settings, "doctor").items()}
    ways = ", ".join(name if _HIDDEN in to else f"{name} ({to})" for name, to in shown.items())
    return [
        "  Log in with:",
        *lines,
        "",
        *wrap(f"The doctor is told by {ways}", _WIDTH, initial_indent="  ", subsequent_indent="    "),
    ]
