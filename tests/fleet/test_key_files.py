"""Files with API keys: one for each start, and of their owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview_engines.fleet.key_files import forget_keys, key_file, key_files_of
from burstview_engines.launch.spec import MountPlan
from burstview_engines.source import SessionError


def test_the_same_name_has_a_file_for_each_start(tmp_path: Path) -> None:
    """Two sessions may start it at the same time."""
    one, two = key_file(tmp_path, "vllm", "first"), key_file(tmp_path, "vllm", "second")
    assert (Path(one).read_text(), Path(two).read_text()) == ("first", "second")
    assert {Path(each).stat().st_mode & 0o777 for each in (one, two)} == {0o600}
    assert Path(one).parent.stat().st_mode & 0o777 == 0o700
    forget_keys((one, None, str(tmp_path / "gone")))
    assert [str(path) for path in Path(one).parent.iterdir()] == [two]


def test_only_our_own_among_the_mounts_are_key_files(tmp_path: Path) -> None:
    """A folder of weights, a volume and another user's key stay."""
    own = key_file(tmp_path, "vllm", "first")
    mounts = (
        MountPlan(kind="bind", source=own, target="/run/secrets/api_key", read_only=True),
        MountPlan(kind="bind", source=f"{tmp_path}/other/keys/vllm", target="/x"),
        MountPlan(kind="volume", source="keys", target="/y"),
    )
    assert key_files_of(tmp_path, mounts) == (own,)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """In one sentence, without the key."""
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(SessionError, match="The API key cannot be put into") as refused:
        key_file(tmp_path, "vllm", "s3cret")
    assert "s3cret" not in str(refused.value)
