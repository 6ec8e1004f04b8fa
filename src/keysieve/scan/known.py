"""What is known of a credential without asking anybody: whose it is, where it comes from, whether it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from keysieve.engine.knowledge import Knowledge, knowledge
from keysieve.engine.redaction import fingerprint
from keysieve.git.commits import Commit
from keysieve.rule import Rule
from keysieve.scan.grouping import Group


class Known:
    """Knows what the credentials of a scan say about themselves and about each other.

    Args:
        groups: All of them.
        commits: What is known of the commits that their places name.
    """

    def __init__(self, groups: Sequence[Group], commits: Mapping[str, Commit]) -> None:
        self._commits = commits
        self._secrets = {one.values["secret_access_key"].value for one in groups if "secret_access_key" in one.values}

    def account(self, one: Group) -> str | None:
        """The account that it belongs to: twelve digits, None where no value tells it."""
        return _knowledge(one).account_id

    def notes(self, one: Group, rule: Rule) -> list[str]:
        """Sentences for the report, without secrets; `rule` is that of the whole credential."""
        from keysieve.excuses.examples import canary

        notes = [*_knowledge(one).notes, *self._origin(one)]
        ended = self.end(one, rule)
        notes += [ended] if ended else []
        account = self.account(one)
        trap = canary(account) if account else None
        if trap:
            notes.append(f"Account {account} belongs to {trap}: do not test the key, any use of it alerts its owner.")
        return notes

    def end(self, one: Group, rule: Rule) -> str:
        """Why it cannot work any more, by its own word or by the age of the first commit that has it; else empty."""
        from datetime import UTC, datetime, timedelta

        now = datetime.now(UTC)
        ends = _knowledge(one).ends
        if ends is not None and ends < now:
            return f"Expired on {ends:%Y-%m-%d}."
        oids = {located.place.commit for located in one.located if located.place.commit}
        written = {self._commits[oid].date for oid in oids & self._commits.keys()}
        dates = [datetime.fromisoformat(date) for date in written if date]
        if not rule.lifetime or not dates or min(dates) + timedelta(hours=rule.lifetime) >= now:
            return ""
        return f"Expired: it lives {rule.lifetime} hours at most, and was committed on {min(dates):%Y-%m-%d}."

    def confidence(self, one: Group, rule: Rule) -> str:
        """High where the grammar of an id or token, or a second value, vouches for it; else medium.

        A rule that asks for a label or a neighbour has a value of plain grammar. A Bedrock key that names no user is
        odd.
        """
        if rule.is_composite:
            return "high"
        if one.main.name == "access_key_id":
            from keysieve.engine.judge import key_id_confidence

            return key_id_confidence(one.main.value)
        if one.main.name == "bedrock_api_key":
            return "high" if self.account(one) else "low"
        return "medium" if rule.needs_company else "high"

    def _origin(self, one: Group) -> list[str]:
        """What a password was proven to be derived from."""
        password = one.values.get("ses_smtp_password")
        source = self._smtp_passwords.get(password.value) if password else None
        if source is None:
            return []
        secret, region = source
        name = fingerprint(secret)
        return [f"Derived from the secret access key {name} for {region}: it ends when that key is deactivated."]

    @cached_property
    def _smtp_passwords(self) -> Mapping[bytes, tuple[bytes, str]]:
        from keysieve.engine.knowledge import smtp_passwords

        return smtp_passwords(self._secrets)


def _knowledge(one: Group) -> Knowledge:
    return knowledge({name: match.value for name, match in one.values.items()})
