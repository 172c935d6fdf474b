"""What docs/pods.md tells one to type."""

import re

import pytest
import yaml
from commands import ROOT

from gan_jax import command
from gan_jax.config.files import configs
from gan_jax.hosts import joined

PAGE = (ROOT / "docs" / "pods.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands() -> list[str]:
    """All that follows `gan-jax train` in the shell's lines, and in what a pod runs."""
    typed = [line.partition("gan-jax train ")[2].rstrip('"') for text in blocks("bash") for line in text.splitlines()]
    (job,) = [part for part in pods() if part["kind"] == "Job"]
    words = job["spec"]["template"]["spec"]["containers"][0]["command"]
    assert words[:2] == ["gan-jax", "train"]
    return [*filter(None, typed), " ".join(words[2:])]


def pods() -> list[dict]:
    (text,) = blocks("yaml")
    return list(yaml.safe_load_all(text))


def test_there_are_commands():
    assert len(commands()) == 6


@pytest.mark.parametrize("typed", commands())
def test_every_flag_of_a_command_is_one(typed):
    parser = command.parser("train", "")
    parser.add_argument("--config")
    parser.add_argument("--workdir")
    command.add_hosts(parser)
    flags = parser.parse_args(typed.split())
    assert flags.distributed
    assert flags.config in configs()
    assert flags.workdir


def test_every_flag_in_the_text_is_one():
    parser = command.parser("train", "")
    command.add_hosts(parser)
    known = {"--workdir", "--gpus-per-task", *parser._option_string_actions}
    assert set(re.findall(r"`(--[\w-]+)", PAGE)) <= known


def test_the_pods_find_each_other():
    service, job = pods()
    name = job["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": name}
    template = job["spec"]["template"]["spec"]
    assert template["subdomain"] == service["metadata"]["name"]
    words = template["containers"][0]["command"]
    assert f"--num_processes={job['spec']['completions']}" in words
    assert job["spec"]["completions"] == job["spec"]["parallelism"]
    assert any(word.startswith(f"--coordinator={name}-0.{template['subdomain']}:") for word in words)


def test_numbers_on_the_page_are_those_of_the_code():
    assert f"status {joined.LOST}" in PAGE
    defaults = joined.Wishes()
    assert f"`--join_timeout` ({defaults.join_timeout:g} s)" in PAGE
    assert f"`--meet_timeout` ({defaults.meet_timeout:g} s)" in PAGE
