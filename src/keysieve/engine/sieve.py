"""The engine as the scan uses it: blob in, credentials out; rules are read only when the prefilter has a candidate."""

from __future__ import annotations

from collections.abc import Sequence

from keysieve.engine import OnLimit, credentials
from keysieve.engine.match import Credential
from keysieve.engine.prefilter import Prefilter, expressions, shipped_expressions
from keysieve.rule import Rule


class Sieve:
    """Finds credentials in blobs.

    Args:
        own_rules: The user's own rules, beside the shipped ones; a rule with a shipped id replaces that one.
    """

    def __init__(self, own_rules: Sequence[Rule] = ()) -> None:
        self._own_rules = tuple(own_rules)
        self._prefilter: Prefilter | None = None

    @property
    def prefilter(self) -> Prefilter:
        """The expressions that decide whether a blob is looked at closely."""
        if self._prefilter is None:
            self._prefilter = Prefilter((*shipped_expressions(), *expressions(self._own_rules)))
        return self._prefilter

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that apply."""
        from keysieve.engine.catalogue import shipped_rules

        own = {rule.id for rule in self._own_rules}
        return (*(rule for rule in shipped_rules() if rule.id not in own), *self._own_rules)

    def sift(self, data: bytes, on_limit: OnLimit = lambda _reason: None) -> tuple[Credential, ...]:
        """The credentials in a blob's bytes, examples and placeholders included.

        Args:
            data: The blob's bytes.
            on_limit: Called with a reason for each limit that kept something back.
        """
        if not self.prefilter.may_match(data):
            return ()
        return credentials(data, self.rules, self.prefilter, on_limit)
