"""What the documentation shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def test_the_configuration_that_is_shown_is_valid(repo, keysieve) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", (DOCS / "configuration.md").read_text(), re.DOTALL)
    (rule,) = re.findall(r"\[\[rule\]\]\n.*?\n\n", shown, re.DOTALL)
    own = rule.replace("[[rule]]\n", "").replace("[rule.match]", "[match]").replace("acme-deploy-token", "acme-token")
    repo.write(".keysieve.toml", shown)
    repo.write("security/acme-token.toml", own)
    done = keysieve("files", ".", cwd=repo.path)
    assert (done.status, done.err) == (0, "")


def test_the_baseline_line_that_is_shown_is_valid(repo, keysieve) -> None:
    (shown,) = re.findall(r"^    (ks1:.*)$", (DOCS / "excuses.md").read_text(), re.MULTILINE)
    repo.write(".keysieve-baseline", shown)
    assert keysieve("baseline", "show", cwd=repo.path).out.splitlines()[0] == shown


def test_every_action_is_documented() -> None:
    from keysieve.commands.baseline import ACTIONS

    text = (DOCS / "excuses.md").read_text()
    assert all(f"keysieve baseline {action}" in text for action in ACTIONS)
