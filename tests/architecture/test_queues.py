"""Workers listen to exactly the queues that are declared, and jobs carry nothing but ids."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from surveyapp import queueing
from surveyapp.launcher import start
from tests.architecture.source import PROJECT_ROOT, Module, modules


def job_modules() -> list[Module]:
    return [module for module in modules("surveyapp") if module.feature and module.room == "jobs"]


def jobs() -> dict[str, ast.FunctionDef]:
    """Every function marked as a job, by its full name."""
    return {
        f"{module.name}.{node.name}": node
        for module in modules("surveyapp")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).split(".")[-1] == "job" for decorator in node.decorator_list)
    }


def test_every_queue_has_a_name_a_time_limit_and_a_place_in_the_order() -> None:
    constants = {
        target.id: node.value.value
        for module in modules("surveyapp")
        if module.name == "surveyapp.queueing"
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    assert sorted(constants.values()) == sorted(queueing.QUEUES)
    assert set(queueing._TIME_LIMITS) == set(queueing.QUEUES)


def test_the_launcher_starts_workers_for_exactly_these_queues() -> None:
    command = start._worker_pool()
    assert tuple(command[-len(queueing.QUEUES) :]) == queueing.QUEUES


def test_the_readme_starts_workers_for_exactly_these_queues() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"rq worker-pool .*?--num-workers \d+ ([a-z ]+?) *(?:#|$)", readme, re.S | re.M)
    assert found, "README.md does not say how to start the workers."
    assert tuple(found[1].split()) == queueing.QUEUES


def enqueued() -> Iterator[tuple[str, ast.Call]]:
    """(place, call) of everything that puts a job on a queue: pages, jobs and the clock."""
    for module in modules("surveyapp"):
        for name, call in module.calls():
            if name.split(".")[-1] == "enqueue_after_commit":
                assert not call.keywords and len(call.args) <= 3, f"{module.name}:{call.lineno}"
                yield f"{module.name}:{call.lineno}", call
            elif module.name == "surveyapp.clock" and name == "cron.register":
                function, queue = call.args
                yield f"{module.name}:{call.lineno}", ast.Call(call.func, [queue, function], [])


def test_every_queue_is_fed_and_only_by_name() -> None:
    fed = set()
    for place, call in enqueued():
        queue = ast.unparse(call.args[0]).split(".")[-1]
        assert queue.isupper(), f"{place} names its queue in another way"
        fed.add(getattr(queueing, queue))
    assert fed == set(queueing.QUEUES)


def test_jobs_take_ids_and_nothing_else() -> None:
    found = jobs()
    assert found
    for name, function in found.items():
        arguments = function.args
        assert not (arguments.vararg or arguments.kwarg or arguments.kwonlyargs), name
        for argument in arguments.args:
            assert argument.arg.endswith("_id"), f"{name}({argument.arg})"
            assert argument.annotation and ast.unparse(argument.annotation) == "int", name


def test_jobs_live_in_jobs_modules_and_nothing_else_is_enqueued() -> None:
    found = jobs()
    assert {name.rpartition(".")[0] for name in found} <= {module.name for module in job_modules()}
    short = {name.rpartition(".")[2] for name in found}
    for place, call in enqueued():
        function = ast.unparse(call.args[1]).split(".")[-1]
        assert function in short, f"{place} enqueues {function}"


def test_nothing_goes_round_the_one_way_onto_a_queue() -> None:
    found = [
        f"{module.name}:{call.lineno}"
        for module in modules("surveyapp")
        if module.name != "surveyapp.queueing"
        for name, call in module.calls()
        if name.split(".")[-1] in {"enqueue", "enqueue_call", "enqueue_in", "enqueue_at"}
    ]
    assert found == []


@pytest.mark.parametrize("name", ["default", "failed", ""])
def test_a_queue_that_is_not_declared_does_not_exist(name: str) -> None:
    with pytest.raises(ValueError, match="No queue"):
        queueing.queue(name)
