"""colonyd's journal, read by the sqlite3 program: colonyd locks it while it runs, so only after its end."""

import json
import subprocess


class Journal:
    def __init__(self, database: str) -> None:
        self._database = database

    def rows(self, select: str) -> "list[dict]":
        done = subprocess.run(["sqlite3", "-json", self._database, select], capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout or "[]")

    def store(self) -> dict:
        return self.rows("SELECT last_event_seq, acknowledged_seq FROM store")[0]

    def workflows(self) -> "list[dict]":
        return self.rows("SELECT id, type, status, step, error_code, error_message FROM workflows ORDER BY created_at")

    def assets(self) -> "list[dict]":
        return self.rows("SELECT id, status, condition, bmc_next_password IS NOT NULL AS password_in_doubt FROM assets")

    def intents(self) -> "list[dict]":
        """With how often the token of each was redeemed, and its workflow's type."""
        return self.rows("SELECT intents.act, intents.attempt, intents.state, intents.result, intents.workflow, "
                         "workflows.type AS workflow_type, (SELECT count(*) FROM redemptions "
                         "WHERE redemptions.intent = intents.id) AS redemptions "
                         "FROM intents LEFT JOIN workflows ON workflows.id = intents.workflow "
                         "ORDER BY intents.intended_at")

    def wipe_records(self) -> "list[dict]":
        return self.rows("SELECT workflow, attempt FROM wipe_records")

    def events(self) -> "list[dict]":
        rows = self.rows("SELECT seq, type, subject, body FROM outbox ORDER BY seq")
        return [{**row, "body": json.loads(row["body"])} for row in rows]
