"""What the engine's process may see, and how long the worker waits before it starts another."""

from __future__ import annotations

from bot.generation.process import Backoff, child_environment


def test_no_secret_reaches_the_child():
    environment = {
        "PATH": "/bin",
        "HF_HOME": "/cache",
        "CUDA_VISIBLE_DEVICES": "0",
        "DISCORD_TOKEN": "d",
        "SLACK_BOT_TOKEN": "s",
        "HF_TOKEN": "h",
        "DATABASE_URL": "sqlite:///x",
        "HTTPS_PROXY": "http://user:password@proxy:3128",
        "HTTP_PROXY": "http://proxy:3128",
        "LD_PRELOAD": "evil.so",
    }
    child = child_environment(environment)
    assert {"PATH", "HF_HOME", "CUDA_VISIBLE_DEVICES", "HTTP_PROXY"} <= child.keys()
    assert not {"DISCORD_TOKEN", "SLACK_BOT_TOKEN", "HF_TOKEN", "DATABASE_URL", "LD_PRELOAD"} & child.keys()
    assert "HTTPS_PROXY" not in child
    assert child["OMP_WAIT_POLICY"] == "passive"
    assert child["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_the_wait_doubles_up_to_its_limit_and_starts_over_after_a_healthy_run():
    backoff = Backoff(first_s=0.2, limit_s=1.0)
    assert [backoff.after(was_healthy=False) for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    assert [backoff.after(was_healthy=True), backoff.after(was_healthy=False)] == [0.2, 0.4]
