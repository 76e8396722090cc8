"""Handles."""

import pytest

from nlpkit.presets.sources.handle import Handle, parse_handle


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("hf://org/repo", Handle("hf", "org/repo")),
        ("hf://org/repo@refs/pr/1", Handle("hf", "org/repo", "refs/pr/1")),
        ("kaggle://keras/bert/keras/tiny", Handle("kaggle", "keras/bert/keras/tiny")),
        ("kaggle://keras/bert/keras/tiny/2", Handle("kaggle", "keras/bert/keras/tiny", "2")),
        ("https://host.org/a/b", Handle("https", "https://host.org/a/b")),
        ("http://localhost:8000/b", Handle("https", "http://localhost:8000/b")),
        ("http://[::1]/b", Handle("https", "http://[::1]/b")),
    ],
)
def test_handle_is_read_and_written(text, handle):
    assert parse_handle(text) == handle
    assert str(handle) == text
    assert parse_handle(f"{text}/") == handle or "@" in text


@pytest.mark.parametrize(
    "text",
    [
        "hf://repo",
        "hf://org/repo/file",
        "hf://org/repo@",
        "hf://org/..",
        "hf://org/repo@../../x",
        "hf://org/repo@/etc",
        "hf://org/repo@a//b",
        "hf://./repo",
        "hf://org/.",
        "hf://org/.hidden",
        "kaggle://././././1",
        "kaggle://keras/bert/keras/..",
        "hf://datasets/org/repo",
        "kaggle://keras/bert",
        "kaggle://keras/bert/keras/tiny/new",
        "ftp://host/a",
        "hf://org/repo\n",
        "hf://org/répo",
    ],
)
def test_what_is_no_handle_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match=r"is not a handle of a preset; handles are hf://org/repo"):
        parse_handle(text)


@pytest.mark.parametrize("text", ["http://host.org/a", "http://localhost.evil.org/a", "http:///a"])
def test_open_line_is_refused(text):
    with pytest.raises(ValueError, match="unencrypted connection"):
        parse_handle(text)


@pytest.mark.parametrize(
    "text",
    ["https://me:secret@host.org/a", "https://host.org/a?token=secret", "https://h/a#secret"],
)
def test_secrets_in_a_url_are_refused_and_not_repeated(text):
    with pytest.raises(ValueError, match="without user, password, query") as raised:
        parse_handle(text)
    assert "secret" not in str(raised.value)
