"""Telegraf, for the side-by-side measurement only: with the three plugins it needs."""

from __future__ import annotations

from tests.services.go_program import GoProgram

TELEGRAF = GoProgram(
    "telegraf",
    "1.37.0",
    "github.com/influxdata/telegraf/cmd/telegraf",
    tags="custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json_v2",
    about_s=240.0,
)
