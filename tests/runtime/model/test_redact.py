from __future__ import annotations

import base64

from jupyter_agents.runtime.model.redact import redact, redact_json, redactor

SECRET = 'sk-"quoted"/+key'


def test_known_secrets_are_taken_out_in_every_spelling() -> None:
    text = f'{SECRET} sk-%22quoted%22%2F%2Bkey sk-\\"quoted\\"/+key {base64.b64encode(SECRET.encode()).decode()}'
    assert redact(text, [SECRET]).replace("=", "") == " ".join(["[redacted]"] * 4)


def test_the_longer_secret_goes_first() -> None:
    assert redact("abcdefgh", ["abcdef", "abcdefgh"]) == "[redacted]"


def test_short_and_empty_secrets_do_not_eat_words() -> None:
    assert redact("a note on the dot", ["", "  ", "a", "note"]) == "a note on the dot"


def test_json_is_redacted_throughout() -> None:
    value = {"env": [{"KEY": "x topsecret y"}, 1, None], "topsecret": (True, 2.5)}
    assert redact_json(value, ["topsecret"]) == {
        "env": [{"KEY": "x [redacted] y"}, 1, None],
        "[redacted]": [True, 2.5],
    }


def test_a_redactor_remembers_its_secrets() -> None:
    clean = redactor(secret for secret in ["topsecret"])
    assert [clean("topsecret"), clean("topsecret!")] == ["[redacted]", "[redacted]!"]
