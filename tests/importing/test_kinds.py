"""Each kind of import: what it writes, that twice is once, what changes and what never does."""

from __future__ import annotations

from datetime import UTC, date, datetime

ITEMS = (
    "external_id,name,category,kind,price\n"
    "cut,Haircut,Hair,service,500.00\n"
    "colour,Full colour,Hair/ Colouring,service,1500.00\n"
    "shampoo,=Shampoo(1),Goods,goods,\n"
)
INVOICES = (
    "invoice,branch,client,visit,issued_at,item,category,kind,quantity,listed,discount,adjustments,invoiced\n"
    "i1,podil,1001,v1,2026-03-02T11:00,cut,Hair,service,1,500.00,,,500.00\n"
    "i2,ny,,,2026-03-02T12:00,shampoo,Goods,goods,3,960.00,60.00,card=30.00; spring sale=10.00,860.00\n"
    "i1,podil,1001,v1,2026-03-02T11:00,mask,Hair,service,0.5,150.00,,,150.00\n"
)
PAYMENTS = (
    "invoice,external_id,tender,amount,paid_at,shares\n"
    "i1,p1,cash,500.00,2026-03-02T11:05,2=150.00;1=350.00\n"
    "i1,p2,card,150.00,2026-03-02T11:06,\n"
    "i2,p1,other,10.00,2026-03-02T12:01,\n"
)
OPENINGS = (
    "external_id,branch,client,opened_on,visits,listed,invoiced,paid,last_visit_on\n"
    "o1,podil,1002,2026-01-01,9,18500.00,18000.00,17000.00,2025-12-12\n"
)


def test_branches_are_created_updated_and_left_alone(shop):
    text = "external_id,name,time_zone\npodil,Podil,Europe/Kyiv\nny,Salon in New York,America/New_York\nx,New,UTC\n"
    assert shop.taken("branches", text) == (1, 1, 1)
    assert {row["name"] for row in shop.rows("core_branch")} == {"Podil", "Salon in New York", "New"}
    assert shop.taken("branches", text) == (0, 0, 3)


def test_items_make_the_categories_they_name(shop):
    assert shop.taken("items", ITEMS) == (3, 0, 0)
    categories = {row["id"]: row for row in shop.rows("erp_item_category")}
    assert {row["path"] for row in categories.values()} == {"Goods", "Hair", "Hair / Colouring"}
    colour, cut, shampoo = sorted(shop.rows("erp_item"), key=lambda row: row["external_id"])
    assert categories[colour["category_id"]]["name"] == "Colouring"
    assert categories[colour["category_id"]]["parent_id"] == cut["category_id"]
    assert (cut["price_minor"], shampoo["price_minor"]) == (50_000, None)


def test_text_that_looks_like_a_formula_is_kept_as_it_is(shop):
    shop.taken("items", ITEMS)
    assert [row["name"] for row in shop.rows("erp_item")] == ["Haircut", "Full colour", "=Shampoo(1)"]


def test_items_are_updated_and_a_file_without_prices_leaves_them(shop):
    shop.taken("items", ITEMS)
    assert shop.taken("items", ITEMS) == (0, 0, 3)
    text = "external_id,name,category,kind\ncut,Haircut,Hair,service\ncolour,Colour,Hair,service\n"
    assert shop.taken("items", text) == (0, 1, 1)
    prices = {row["external_id"]: (row["name"], row["price_minor"]) for row in shop.rows("erp_item")}
    assert prices["colour"] == ("Colour", 150_000)


def test_clients_are_anchored_and_known_as_persons(shop):
    text = (
        "external_id,name,phones,emails,birthday,locale\n"
        "7,Йосиф  Ґалаґан,+380 (67) 123-45-67; 0441234567;0441234567,b@x.ua;a@x.ua,1990-02-28,uk-UA\n"
        "8,Ann,,,,\n"
    )
    assert shop.taken("clients", text) == (2, 0, 0)
    (anchor,) = (row for row in shop.rows("core_client_external") if row["external_id"] == "7")
    (person,) = (row for row in shop.rows("erp_person") if row["client_id"] == anchor["client_id"])
    assert person["name"] == "Йосиф  Ґалаґан"
    assert person["search_name"] == "иосиф г\u04ffалаг\u04ffан", "ґ has its place in the alphabet"
    assert (person["birthday"], person["locale"]) == (date(1990, 2, 28), "uk_UA")
    phones = {row["digits"]: row["main"] for row in shop.rows("erp_person_phone")}
    assert phones == {"380671234567": True, "0441234567": False}
    assert {row["address"]: row["main"] for row in shop.rows("erp_person_email")} == {"b@x.ua": True, "a@x.ua": False}
    assert shop.taken("clients", text) == (0, 0, 2)


def test_a_file_of_clients_changes_only_what_it_has_columns_for(shop):
    shop.taken("clients", "external_id,name,phones,birthday\n7,Ann,0441234567,1990-02-28\n")
    assert shop.taken("clients", "external_id,name\n7,Anna\n") == (0, 1, 0)
    assert [row["digits"] for row in shop.rows("erp_person_phone")] == ["0441234567"]
    assert shop.taken("clients", "external_id,name,phones\n7,Anna,\n") == (0, 1, 0)
    assert shop.rows("erp_person_phone") == []
    (person,) = (row for row in shop.rows("erp_person") if row["name"] == "Anna")
    assert person["birthday"] == date(1990, 2, 28)


def test_clients_of_two_systems_may_have_one_id(shop):
    assert shop.taken("clients", "external_id,name\n1001,Somebody else\n", source="crm") == (1, 0, 0)
    assert len(shop.rows("core_client")) == 3


def test_visits_are_saved_updated_and_left_alone(shop):
    text = (
        "external_id,branch,client,status,starts_at\n"
        "v1,podil,1001,arrived,2026-03-02T10:00\n"
        "v2,podil,1002,arrived,2026-03-02T11:30\n"
        "v3,ny,1002,confirmed,2026-03-08T02:30\n"
        "v4,ny,1002,waiting,2026-03-08T02:30:00Z\n"
    )
    assert shop.taken("visits", text) == (2, 1, 1)
    assert shop.taken("visits", text) == (0, 0, 4)
    starts = {row["external_id"]: (row["starts_at"], row["revision"]) for row in shop.rows("core_visit")}
    assert starts["v1"] == (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), 1)
    assert starts["v2"] == (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), 2)
    assert starts["v3"][0] == datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "02:30 was skipped: the first instant after"
    assert starts["v4"][0] == datetime(2026, 3, 8, 2, 30, tzinfo=UTC)


def test_invoices_are_put_together_from_their_lines(shop):
    shop.taken("items", ITEMS)
    assert shop.taken("invoices", INVOICES) == (2, 0, 0)
    sales = {row["external_id"]: row for row in shop.rows("core_sale")}
    assert (sales["i1"]["listed_minor"], sales["i1"]["owed_minor"]) == (65_000, 65_000)
    assert (sales["i2"]["discount_minor"], sales["i2"]["client_id"]) == (10_000, None)
    lines = [row for row in shop.rows("core_sale_line") if row["sale_id"] == sales["i1"]["id"]]
    assert [(row["key"], row["item"], row["quantity_milli"], row["unit_price_minor"]) for row in lines] == [
        ("1", "cut", 1000, 50_000),
        ("2", "mask", 500, 30_000),
    ]
    assert [(row["reason"], row["amount_minor"]) for row in shop.rows("core_adjustment")] == [
        ("card", 3_000),
        ("spring sale", 1_000),
        ("discount", 6_000),
    ]
    assert shop.taken("invoices", INVOICES) == (0, 0, 2)


def test_a_line_takes_category_and_kind_from_its_item(shop):
    shop.taken("items", ITEMS)
    text = "invoice,branch,issued_at,item,listed,invoiced\ni1,podil,2026-03-02T11:00,colour,10.00,10.00\n"
    assert shop.taken("invoices", text) == (1, 0, 0)
    (line,) = shop.rows("core_sale_line")
    assert (line["category"], line["kind"], line["quantity_milli"]) == ("Hair / Colouring", "service", 1000)


def test_an_invoice_that_differs_from_the_recorded_one_is_a_bad_row(shop):
    shop.taken("invoices", INVOICES)
    changed = INVOICES.replace("mask,Hair,service,0.5,150.00,,,150.00", "mask,Hair,service,0.5,160.00,,,160.00")
    assert shop.refused("invoices", changed) == [(2, "invoice", "recorded_differently")]


def test_payments_lie_on_lines_as_the_file_says_or_by_what_is_due(shop):
    shop.taken("invoices", INVOICES)
    assert shop.taken("payments", PAYMENTS) == (3, 0, 0)
    sales = {row["external_id"]: row for row in shop.rows("core_sale")}
    assert (sales["i1"]["state"], sales["i2"]["state"]) == ("paid", "part_paid")
    shares = [(row["line_number"], row["amount_minor"]) for row in shop.rows("core_payment_line")]
    assert shares[:3] == [(1, 35_000), (2, 15_000), (1, 15_000)]
    assert shop.taken("payments", PAYMENTS) == (0, 0, 3)


def test_more_payments_of_an_invoice_may_come_later(shop):
    shop.taken("invoices", INVOICES)
    first, second = PAYMENTS.splitlines()[:2], PAYMENTS.splitlines()[:3]
    assert shop.taken("payments", "\n".join(first)) == (1, 0, 0)
    assert shop.taken("payments", "\n".join(second)) == (1, 0, 1)


def test_a_payment_that_differs_from_the_recorded_one_is_a_bad_row(shop):
    shop.taken("invoices", INVOICES)
    shop.taken("payments", PAYMENTS)
    amount = PAYMENTS.replace("i2,p1,other,10.00", "i2,p1,other,11.00")
    assert shop.refused("payments", amount) == [(4, "external_id", "recorded_differently")]
    time = PAYMENTS.replace("2026-03-02T12:01", "2026-03-02T12:02")
    assert shop.refused("payments", time) == [(4, "paid_at", "recorded_differently")]


def test_openings_count_from_their_date(shop):
    assert shop.taken("openings", OPENINGS) == (1, 0, 0)
    assert shop.taken("openings", OPENINGS) == (0, 0, 1)
    (opening,) = shop.rows("core_opening")
    assert (opening["visits"], opening["no_shows"], opening["paid_minor"]) == (9, 0, 1_700_000)
    assert shop.refused("openings", OPENINGS.replace(",9,", ",8,")) == [(2, "external_id", "recorded_differently")]


def test_imported_facts_are_counted_in_totals(shop):
    shop.taken("invoices", INVOICES)
    shop.taken("payments", PAYMENTS)
    shop.taken("openings", OPENINGS)
    totals = sorted((row["visits"], row["invoiced_minor"], row["paid_minor"]) for row in shop.rows("core_totals"))
    assert totals == [(1, 65_000, 65_000), (9, 1_800_000, 1_700_000)]


def test_a_dry_run_counts_and_writes_nothing(shop):
    before = shop.everything()
    result = shop.take("invoices", INVOICES, dry_run=True)
    assert (result.problems, result.counts.new, result.rows) == ((), 2, 3)
    assert shop.everything() == before


def test_a_file_with_a_header_only_changes_nothing(shop):
    before = shop.everything()
    assert shop.taken("visits", "external_id,branch,client,status,starts_at\n") == (0, 0, 0)
    assert shop.everything() == before


def test_thousands_of_rows_go_through_in_batches(shop):
    moment = "2026-03-02T11:00"
    header = "invoice,branch,client,issued_at,item,category,kind,listed,invoiced\n"
    lines = [f"n{n % 2500},podil,100{1 + n % 2500 % 2},{moment},x,Hair,service,1.00,1.00" for n in range(5_000)]
    told = []
    path = shop.folder / "many.csv"
    path.write_text(header + "\n".join(lines), "utf-8")
    from loyalty_web.erp.importing.run import Request, import_file

    request = Request("invoices", path)
    result = import_file(shop.loyalty, shop.network_id, request, lambda more, total: told.append((more, total)))
    assert (result.problems, result.counts.new) == ((), 2_500)
    assert {row["listed_minor"] for row in shop.rows("core_sale")} == {200}
    assert sum(more for more, _total in told) == 5_000
    assert {total for _more, total in told} == {5_000}
