"""Policies get their table, and alarms that run meanwhile go on where they stood."""

from __future__ import annotations

from alembic import command
from sqlalchemy import select, text

from alerts.policy_tables import EscalationPolicy
from alerts.tables import Alert, Escalation
from anhu.registry.database import close_sessions, open_engine, open_sessions
from anhu.registry.migrations import alembic_config, upgrade

ALERT = {
    "resident_id": "r-1",
    "priority": 3,
    "condition": "present",
    "response": "unacked",
    "started_at_ms": 1,
    "raised_at_ms": 1,
    "last_at_ms": 1,
}


def test_policies_come_and_go_and_a_running_alarm_keeps_its_step(empty_url: str) -> None:
    upgrade(empty_url, "0011")
    old = "INSERT INTO escalation (alert_id, step, due_at_ms) VALUES (:alert, 2, 70)"
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO resident (id, name, sex, birth_date, address, phone, access_note, flags,"
                " active, created_at_ms) VALUES ('r-1', 'n', '', '', '', '', '', '[]', :yes, 1)"
            ),
            {"yes": True},
        )
        columns = {**ALERT, "evidence": "{}", "no": False, "yes": True}
        for number in (1, 2):
            session.execute(
                text(
                    "INSERT INTO alert (id, resident_id, device_id, kind, priority, condition, response, started_at_ms,"
                    " raised_at_ms, last_at_ms, repeats, late, evidence, assignee, outcome, is_open, unlisted) VALUES"
                    " (:id, :resident_id, '', :kind, :priority, :condition, :response, :started_at_ms, :raised_at_ms,"
                    " :last_at_ms, 0, :no, :evidence, '', '', :yes, 0)"
                ),
                {**columns, "id": f"a-{number}", "kind": f"sos{number}"},
            )
            session.execute(text(old), {"alert": f"a-{number}"})
    upgrade(empty_url)
    with sessions.begin() as session:
        assert {(row.what, row.step, row.due_at_ms) for row in session.scalars(select(Escalation))} == {("step", 2, 70)}
        assert session.get_one(Alert, "a-1").policy_number == 0
        session.get_one(Escalation, "a-2").what = "resume"
        session.add(EscalationPolicy(policy_id="p-1", name="x", content={}, made_at_ms=1))
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0011")
    with engine.connect() as connection:
        left = connection.execute(text("SELECT alert_id, step, due_at_ms FROM escalation")).all()
        assert [tuple(row) for row in left] == [("a-1", 2, 70)], "an answer that stood for a time is no step"
        assert connection.execute(text("SELECT count(*) FROM alert")).scalar_one() == 2
    engine.dispose()
    upgrade(empty_url)
