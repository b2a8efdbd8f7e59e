from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labsupport.pictures.ladder.order import Order


def test_each_node_stands_at_its_earliest_row() -> None:
    order = Order()
    first, second, alone, last = (order.node() for _ in range(4))
    order.edge(first, second)
    order.edge(second, last, 3)
    order.edge(first, last)
    assert order.rows() == [0, 1, 0, 4]
    assert alone == 2


def test_a_hint_holds_where_it_can_and_gives_way_where_it_cannot() -> None:
    order = Order()
    before, after = order.node(), order.node()
    order.hint(before, after, 2)
    assert order.rows() == [0, 2]
    order.edge(after, before)
    assert order.rows() == [1, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=30))
def test_every_edge_that_goes_forward_holds(edges: list[tuple[int, int, int]]) -> None:
    order = Order()
    for _ in range(10):
        order.node()
    forward = [(min(one, other), max(one, other), rows) for one, other, rows in edges if one != other]
    for before, after, rows in forward:
        order.edge(before, after, rows)
    found = order.rows()
    assert all(found[after] >= found[before] + rows for before, after, rows in forward)
    assert 0 in found


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_a_circle_does_not_hang_and_leaves_every_node_a_row(edges: list[tuple[int, int]]) -> None:
    order = Order()
    for _ in range(6):
        order.node()
    for before, after in edges:
        order.edge(before, after)
    assert len(order.rows()) == 6
