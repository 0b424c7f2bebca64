from __future__ import annotations

import pytest
import torch

from stylecli.training.averaging import Average


def parameters(*values: float) -> dict[str, torch.nn.Parameter]:
    return {str(n): torch.nn.Parameter(torch.full((2,), value)) for n, value in enumerate(values)}


def put(values: dict[str, torch.nn.Parameter], number: float) -> None:
    with torch.no_grad():
        for value in values.values():
            value.fill_(number)


def averaged(numbers: list[float], decay: float, start: float = 0.0) -> float:
    values = parameters(start)
    average = Average(values, decay)
    for number in numbers:
        put(values, number)
        average.update()
    return average.tensors["0"][0].item()


def test_the_average_moves_by_the_share_that_does_not_stay():
    numbers = [float(n) for n in range(60)]
    expected = numbers[0]
    for updates, number in enumerate(numbers[1:], 2):
        decay = min(0.5, updates / (9 + updates))
        expected = decay * expected + (1 - decay) * number
    assert averaged(numbers, 0.5) == pytest.approx(expected)
    assert averaged([3.0] * 5, 0.999) == 3.0


def test_where_a_short_run_began_does_not_count():
    assert averaged([1.0] * 3, 0.9999, start=1000.0) == 1.0
    # Of 100 steps towards 100, about the last tenth.
    assert 85 < averaged([float(n) for n in range(1, 101)], 0.9999) < 95


def test_inside_the_parameters_hold_their_averages_and_then_themselves_again():
    values = parameters(1.0, 2.0)
    average = Average(values, 0.9)
    before = {name: value.clone() for name, value in values.items()}
    objects = dict(values)
    put(values, 7.0)

    def stopped() -> None:
        with average.in_use():
            assert all(torch.equal(values[name], before[name]) for name in values)
            raise KeyError

    with pytest.raises(KeyError):
        stopped()
    assert all(values[name] is objects[name] for name in values)
    assert all((value == 7).all() for value in values.values())
    assert all(torch.equal(average.tensors[name], before[name]) for name in values)


def test_it_goes_on_as_if_it_had_not_stopped():
    through = averaged([5.0, 3.0, 8.0, 1.0], 0.6)
    values = parameters(0.0)
    first = Average(values, 0.6)
    for number in (5.0, 3.0):
        put(values, number)
        first.update()
    second = Average(values, 0.6)
    second.tensors["0"].copy_(first.tensors["0"])
    second.go_on_from(2)
    for number in (8.0, 1.0):
        put(values, number)
        second.update()
    assert second.tensors["0"][0].item() == through


def test_without_a_decay_nothing_is_kept_and_nothing_changes():
    values = parameters(1.0)
    average = Average(values, 0.0)
    put(values, 2.0)
    average.update()
    with average.in_use():
        assert (values["0"] == 2).all()
    assert average.tensors == {}
