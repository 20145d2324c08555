"""One history in which everything happens that random ones come upon: quick, and always the same.

Each part can be told alone or after the others.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.stateful.counting import Line, Rules
from tests.stateful.salon import Salon

CUTS = Line("a", "cut", "service", 3000, 9999, 1000)
"""Three pieces at 33.33, less 10.00: they come back for 30.00, 29.99 and 30.00 (SEMANTICS 6)."""

WASH, DRY = Line("b", "wash", "goods", 1000, 999, 0), Line("c", "dry", "goods", 1000, 999, 0)
"""Two lines of one amount: half of an odd sum lies on each, and the odd cent on the item that comes first by code."""

GIFT_CARD = Line("d", "card", "gift_card", 1000, 5000, 0)
GIFT = Line("e", "wash", "goods", 1000, 0, 0)


def visits_are_counted(salon: Salon) -> None:
    salon.programme("podil", ("visits", 2, 300), ("sold", 5000, 500), inactive=3, since_reset=False)
    salon.visit("v1", "ann", "podil", "arrived", -2, 12, times=2)
    salon.visit("v2", "ann", "podil", "arrived", 0, 22)
    salon.visit("v2", "ann", "podil", "arrived", 0, 22)
    salon.visit("v3", "ann", "podil", "arrived", -2, 12)
    salon.invoice("ann", "podil", [CUTS], [("cash", 2, False)], visit="v1", times=2)
    salon.invoice("bob", "podil", [CUTS], visit="v1")
    salon.give("v1", 700)
    salon.give("v3", None)
    salon.check_all()
    salon.change_visit("v1", status="confirmed")
    salon.change_visit("v1", status="arrived", days=-3)
    salon.change_visit("v1", client="bob")
    salon.delete("v1")
    salon.delete("v2")
    salon.change_visit("v3", status="no_show")
    salon.abandon(salon.a_visit("v0", "ann", "podil", "arrived", 0, 12), "podil", Rules((("visits", 1, 10_000),)))
    salon.check_all()


def money_comes_and_goes(salon: Salon) -> None:
    cuts = salon.invoice("bob", "podil", [CUTS, GIFT], [("cash", 1, False), ("other", 1, True)])
    salon.pay(cuts, ("card", 5, False))
    salon.pay(cuts, ("card", 4, True))
    salon.pay_again(cuts, 1)
    salon.send_again(cuts, otherwise=False)
    salon.send_again(cuts, otherwise=True)
    salon.void(cuts)
    salon.refund(cuts, [("a", 1000)], times=2)
    salon.pay(cuts, ("cash", 1, False))
    salon.refund(cuts, [("a", 1000)])
    salon.refund(cuts, [("a", 1001)])
    salon.refund(cuts, [("a", 1000), ("e", 1000)])
    odd = salon.invoice("bob", "podil", [WASH, DRY], days=-1)
    salon.pay(odd, ("cash", 2, False))
    salon.refund(odd, [("c", 1000)])
    salon.refund(odd, [("b", 1000)])
    salon.invoice("bob", "podil", [GIFT_CARD], [("cash", 4, False)])
    salon.check_all()


def invoices_are_void(salon: Salon) -> None:
    typo = salon.invoice(None, "podil", [WASH])
    salon.void(typo)
    typo = salon.invoice("bob", "podil", [WASH, CUTS])
    salon.void(typo, times=2)
    salon.void(typo)
    salon.invoice("cem", "podil", [WASH], visit="v4")
    salon.visit("v4", "cem", "podil", "cancelled", 0, 3)
    lost = salon.invoice("cem", "podil", [WASH, GIFT_CARD], visit="v4")
    salon.void(lost)
    salon.delete("v4")
    salon.send_again(lost, otherwise=False)
    salon.open("o1", "cem", "podil", 0, visits=2, no_shows=1, invoiced=4500, off=10, paid=4000, since_last=2)
    salon.open("o1", "cem", "podil", 0, visits=2, no_shows=1, invoiced=4500, off=10, paid=4000, since_last=2)
    salon.open("o1", "cem", "podil", 0, visits=3)
    salon.check_all()


def rules_take_turns(salon: Salon) -> None:
    salon.invoice("bob", "podil", [CUTS], [("cash", 4, False)])
    salon.programme("podil", ("visits", 1, 300), ("sold", 4000, 300), inactive=3, since_reset=False)
    salon.programme("podil", ("visits", 1, 300), ("paid", 4000, 300), inactive=3, since_reset=False)
    salon.programme("podil", ("visits", 1, 300), ("visits", 1, 500), inactive=3, since_reset=False)
    salon.programme("obolon", ("visits", 1, 700), inactive=None, since_reset=False)
    salon.visit("v5", "ann", "obolon", "arrived", 0, 3)
    salon.switch("discount_rules", False)
    salon.recalculate("ann")
    salon.switch("discount_rules", True)
    salon.switch("branch", False)
    salon.programme("podil", inactive=None, since_reset=False)
    salon.switch("branch", True)
    salon.check_all()


def days_count_once(salon: Salon) -> None:
    salon.programme("podil", ("visits", 2, 300), inactive=None, since_reset=False)
    salon.count_per_day(True)
    first, second = (salon.a_visit(name, "cem", "podil", "arrived", -1, 12) for name in ("v6", "v7"))
    salon.load([first, second], judge=True)
    salon.visit("v8", "cem", "podil", "arrived", -1, 3)
    salon.change_visit("v8", status="cancelled")
    salon.change_visit("v6", status="arrived", days=-2)
    salon.change_visit("v6", days=-1)
    salon.delete("v6")
    salon.count_per_day(False)
    salon.load([first, second], judge=False)
    salon.check_all()


def values_by_hand_end(salon: Salon) -> None:
    salon.programme("podil", ("visits", 1, 300), inactive=3, since_reset=False)
    salon.visit("v9", "bob", "podil", "arrived", 1, 12)
    salon.by_hand("ann", "podil", 1000, -1, False)
    salon.by_hand("ann", "podil", 10_001, None, False)
    salon.by_hand("ann", "podil", 1000, 1, False)
    salon.by_hand("bob", "podil", 0, None, True)
    for _day in range(5):
        salon.days_pass(1, 12, "last")
        for client in ("ann", "bob"):
            salon.recalculate(client)
            salon.check()
        salon.check_all()
    salon.automatic("bob", "podil")
    salon.automatic("bob", "podil")


def clients_stay_away(salon: Salon) -> None:
    salon.programme("podil", ("visits", 1, 300), inactive=3, since_reset=False)
    salon.programme("obolon", ("visits", 1, 700), inactive=5, since_reset=False)
    salon.visit("v10", "ann", "podil", "arrived", -1, 12)
    salon.visit("v11", "ann", "podil", "arrived", 0, 12)
    salon.visit("v18", "cem", "obolon", "arrived", 0, 3)
    for days, daily_job in ((3, "each"), (1, "last"), (2, "none")):
        salon.days_pass(days, 12, daily_job)
        salon.recalculate("ann")
        salon.check()
    salon.reassess()
    salon.check_all()


def clients_return(salon: Salon) -> None:
    salon.programme("podil", ("visits", 2, 300), ("sold", 4000, 500), inactive=2, since_reset=True)
    salon.visit("v12", "bob", "podil", "arrived", -9, 12)
    salon.visit("v13", "bob", "podil", "arrived", 0, 12)
    salon.invoice("bob", "podil", [CUTS], [("cash", 4, False)], visit="v13")
    salon.visit("v14", "bob", "podil", "arrived", 2, 12)
    salon.check_all()
    salon.visit("v15", "cem", "podil", "arrived", 0, 12)
    salon.visit("v16", "cem", "podil", "arrived", 1, 12)
    salon.days_pass(4, 3, "none")
    salon.visit("v17", "cem", "podil", "arrived", 0, 12)
    salon.check_all()


PARTS: tuple[Callable[[Salon], None], ...] = (
    visits_are_counted,
    money_comes_and_goes,
    invoices_are_void,
    rules_take_turns,
    days_count_once,
    values_by_hand_end,
    clients_stay_away,
    clients_return,
)


def tell(salon: Salon) -> None:
    """Tell the whole history; the salon checks after each step."""
    for part in PARTS:
        part(salon)
