"""What is known of residents gets its tables, and loses them again with every resident in place."""

from __future__ import annotations

from alembic import command
from sqlalchemy import inspect, text

from anhu.registry.database import close_sessions, open_engine, open_sessions
from anhu.registry.migrations import alembic_config, upgrade
from anhu.registry.people_tables import Place, Stay
from anhu.registry.tables import Centre, Resident


def test_residents_gain_a_number_and_a_bed_and_lose_them_with_nobody_lost(empty_url: str) -> None:
    upgrade(empty_url, "0011")
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO resident (id, name, sex, birth_date, address, phone, access_note, flags, active,"
                " created_at_ms) VALUES ('r-1', 'n', '', '', '', '057100', '', '[]', :yes, 1)"
            ),
            {"yes": True},
        )
    upgrade(empty_url)
    with sessions.begin() as session:
        row = session.get_one(Resident, "r-1")
        assert (row.external_number, row.region_code, row.revision, row.phone) == ("", "", 1, "057100")
        session.add(Centre(id="c-1", name="c"))
        session.flush()
        session.add(Place(id="p-1", centre_id="c-1", kind="bed", name="1", full_name="1"))
        session.flush()
        session.add(Stay(id="s-1", resident_id="r-1", place_id="p-1", bed_id="p-1", from_ms=1))
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0011")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM resident")).scalar_one() == 1
        assert "stay" not in inspect(connection).get_table_names()
        assert "revision" not in {one["name"] for one in inspect(connection).get_columns("resident")}
    engine.dispose()
    upgrade(empty_url)
