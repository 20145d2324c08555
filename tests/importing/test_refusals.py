"""Bad input: each slip is named with its line and column, and nothing at all is written."""

from __future__ import annotations

INVOICE = "invoice,branch,client,visit,issued_at,item,category,kind,quantity,listed,discount,adjustments,invoiced\n"
GOOD = {
    "invoice": "i1",
    "branch": "podil",
    "client": "1001",
    "visit": "v1",
    "issued_at": "2026-03-02T11:00",
    "item": "cut",
    "category": "Hair",
    "kind": "service",
    "quantity": "1",
    "listed": "100",
    "discount": "",
    "adjustments": "",
    "invoiced": "100",
}


def invoice(**cells: str) -> str:
    """Return a row of an invoice with some cells changed."""
    return ",".join({**GOOD, **cells}.values()) + "\n"


def visit(**cells: str) -> str:
    good = {"external_id": "v9", "branch": "podil", "client": "1001", "status": "arrived", "at": "2026-03-05T10:00"}
    return "external_id,branch,client,status,starts_at\n" + ",".join({**good, **cells}.values()) + "\n"


BAD_AMOUNTS = (
    ("UAH", 2, "-1.00", "negative"),
    ("UAH", 2, "10000000000000.01", "too_large"),
    ("UAH", 2, "9" * 4_000, "too_large"),
    ("UAH", 2, "ten", "not_a_number"),
    ("UAH", 2, "1e3", "not_a_number"),
    ("UAH", 2, "1_000", "not_a_number"),
    ("UAH", 2, "NaN", "not_a_number"),
    ("UAH", 2, "=1+1", "not_a_number"),
    ("UAH", 2, "1 000", "not_a_number"),
    ("UAH", 2, "1.005", "too_precise"),
    ("UAH", 2, "١٢", "not_ascii_digits"),
    ("UAH", 2, "", "required"),
    ("JPY", 0, "0.5", "too_precise"),
    ("KWD", 3, "0.0005", "too_precise"),
)


def test_an_amount_that_is_none_is_refused_and_nothing_is_written(open_shop):
    shops = {(currency, digits): open_shop(currency, digits) for currency, digits, *_ in BAD_AMOUNTS}
    for currency, digits, cell, code in BAD_AMOUNTS:
        text = INVOICE + invoice(invoice="i0") + invoice(listed=cell)
        assert shops[currency, digits].refused("invoices", text) == [(3, "listed", code)], cell


def test_currencies_with_no_and_with_three_decimals_are_read_as_they_are(open_shop):
    for currency, digits, amount, minor in (("JPY", 0, "500", 500), ("KWD", 3, "0.005", 5)):
        shop = open_shop(currency, digits)
        shop.taken("invoices", INVOICE + invoice(listed=amount, invoiced=amount))
        (sale,) = (row for row in shop.rows("core_sale") if row["network_id"] == shop.network_id)
        assert sale["listed_minor"] == minor


BAD_LINES = (
    ({"quantity": "0"}, "quantity", "not_positive"),
    ({"quantity": "-1"}, "quantity", "negative"),
    ({"quantity": "1.0005"}, "quantity", "too_precise"),
    ({"quantity": "1000001"}, "quantity", "too_large"),
    ({"branch": "nowhere"}, "branch", "unknown_branch"),
    ({"client": "9999"}, "client", "unknown_client"),
    ({"client": "1001 "}, "client", "blank_at_end"),
    ({"client": "1" * 101}, "client", "too_long"),
    ({"client": "10\x0701"}, "client", "control_characters"),
    ({"visit": "v99"}, "visit", "unknown_visit"),
    ({"client": "1002"}, "client", "other_client"),
    ({"branch": "ny"}, "branch", "other_branch"),
    ({"issued_at": "2026-02-30T11:00"}, "issued_at", "no_such_date"),
    ({"issued_at": "2026-03-02T25:00"}, "issued_at", "no_such_time"),
    ({"issued_at": "02.03.2026 11:00"}, "issued_at", "not_a_moment"),
    ({"kind": "present"}, "kind", "unknown_word"),
    ({"kind": ""}, "item", "unknown_item"),
    ({"category": "Hair//Colour"}, "category", "required"),
    ({"discount": "101", "invoiced": "0"}, "invoiced", "shares_do_not_add_up"),
    ({"invoiced": "99.99"}, "invoiced", "shares_do_not_add_up"),
    ({"discount": "5", "invoiced": "100"}, "invoiced", "shares_do_not_add_up"),
    ({"adjustments": "card=3;x=2", "invoiced": "96"}, "invoiced", "shares_do_not_add_up"),
    ({"adjustments": "3"}, "adjustments", "not_shares"),
    ({"adjustments": "card=-3"}, "adjustments", "negative"),
    ({"adjustments": "card=0"}, "adjustments", "too_small"),
)


def test_a_bad_line_of_an_invoice_is_refused_and_nothing_is_written(shop):
    for cells, column, code in BAD_LINES:
        text = INVOICE + invoice(invoice="i0", visit="") + invoice(**cells)
        assert shop.refused("invoices", text) == [(3, column, code)], cells


BAD_VISITS = (
    ({"status": "came"}, "status", "unknown_word"),
    ({"branch": "nowhere"}, "branch", "unknown_branch"),
    ({"client": "nobody"}, "client", "unknown_client"),
    ({"client": ""}, "client", "required"),
    ({"at": "2025-02-29T10:00"}, "starts_at", "no_such_date"),
    ({"at": "2026-03-05"}, "starts_at", "not_a_moment"),
    ({"external_id": ""}, "external_id", "required"),
)


def test_a_bad_visit_is_refused_and_nothing_is_written(shop):
    for cells, column, code in BAD_VISITS:
        assert shop.refused("visits", visit(**cells)) == [(2, column, code)], cells


BAD_ROWS = (
    ("branches", "external_id,name,time_zone\nx,X,Kyiv\n", [(2, "time_zone", "unknown_time_zone")]),
    ("branches", "external_id,name,time_zone\nx,X,UTC\nx,Y,UTC\n", [(3, "external_id", "repeated")]),
    ("items", "external_id,name,category,kind\nx,X,Hair,thing\n", [(2, "kind", "unknown_word")]),
    ("items", "external_id,name,category,kind\nx,,Hair,goods\n", [(2, "name", "required")]),
    (
        "items",
        f"external_id,name,category,kind\nx,X,{'y' * 150}/{'z' * 150},goods\n",
        [(2, "category", "too_long")],
    ),
    ("clients", "external_id,name,birthday\n1,A,2026-04-02\n", [(2, "birthday", "in_future")]),
    ("clients", "external_id,name,birthday\n1,A,1899-01-01\n", [(2, "birthday", "date_out_of_range")]),
    ("clients", "external_id,name,phones\n1,A,call me\n", [(2, "phones", "not_a_phone")]),
    ("clients", "external_id,name,phones\n1,A,٠٦٧١٢٣٤٥٦٧\n", [(2, "phones", "not_a_phone")]),
    ("clients", "external_id,name,emails\n1,A,a@b\n", [(2, "emails", "not_an_email")]),
    ("clients", "external_id,name,locale\n1,A,klingon\n", [(2, "locale", "unknown_locale")]),
    ("clients", 'external_id,name\n1,"A\nB"\n', [(2, "name", "control_characters")]),
    ("clients", "external_id,name\n1,A\n2,B\n1,A\n", [(4, "external_id", "repeated")]),
    ("visits", visit() + visit().splitlines()[1], [(3, "external_id", "repeated")]),
)


def test_a_bad_row_of_any_kind_is_refused_and_nothing_is_written(shop):
    for kind, text, problems in BAD_ROWS:
        assert shop.refused(kind, text) == problems, text


def test_bad_openings_are_refused_and_nothing_is_written(shop):
    text = (
        "external_id,branch,client,opened_on,visits,listed,invoiced,paid,last_visit_on\n"
        "o1,podil,1001,2026-01-01,1.5,1,1,1,2025-12-12\n"
        "o2,podil,1001,2026-01-01,1,1,2,1,2025-12-12\n"
        "o3,podil,1001,2026-01-01,1,1,1,1,2026-01-01\n"
        "o4,podil,1001,2026-01-01,1,1,1,1,\n"
        "o5,podil,x,2026-01-01,0,1,1,1,\n"
    )
    assert shop.refused("openings", text) == [
        (2, "visits", "too_precise"),
        (3, "invoiced", "shares_do_not_add_up"),
        (4, "last_visit_on", "after_opening"),
        (5, "last_visit_on", "required"),
        (6, "client", "unknown_client"),
    ]


def test_bad_payments_are_refused_and_nothing_is_written(shop):
    shop.taken("invoices", INVOICE + invoice() + invoice(item="other", quantity="2", listed="20", invoiced="20"))
    text = (
        "invoice,external_id,tender,amount,paid_at,shares\n"
        "i1,a,cash,120.01,2026-03-02T11:05,\n"
        "i1,b,cowries,1,2026-03-02T11:05,\n"
        "i1,c,cash,10,2026-03-02T11:05,1=4;2=5\n"
        "i1,d,cash,21,2026-03-02T11:05,2=21\n"
        "i1,e,cash,1,2026-03-02T11:05,7=1\n"
        "i1,f,cash,0,2026-03-02T11:05,\n"
        "i2,g,cash,1,2026-03-02T11:05,\n"
        "i1,h,cash,1,2026-03-02T11:05,\n"
        "i1,h,cash,1,2026-03-02T11:05,\n"
        "i1,j,cash,1,2026-03-02T11:61,x\n"
    )
    assert shop.refused("payments", text) == [
        (2, "amount", "overpaid"),
        (3, "tender", "unknown_tender"),
        (4, "shares", "shares_do_not_add_up"),
        (5, "shares", "line_overpaid"),
        (6, "shares", "unknown_line"),
        (7, "amount", "too_small"),
        (8, "invoice", "unknown_invoice"),
        (10, "external_id", "repeated"),
        (11, "paid_at", "no_such_time"),
        (11, "shares", "not_shares"),
    ]


def test_every_bad_row_is_reported_at_once_whatever_kind_of_mistake_it_is(shop):
    """Mistakes of the file, of references, of sums, and those that the core finds late, all in one report."""
    text = INVOICE + (
        invoice(invoice="a", visit="", listed="x")
        + invoice(invoice="b", visit="", branch="nowhere")
        + invoice(invoice="c", visit="", invoiced="1")
        + invoice(invoice="d", client="1002")
        + invoice(invoice="e", visit="")
        + "too,short\n"
    )
    assert shop.refused("invoices", text) == [
        (2, "listed", "not_a_number"),
        (3, "branch", "unknown_branch"),
        (4, "invoiced", "shares_do_not_add_up"),
        (5, "client", "other_client"),
        (7, "wrong_number_of_cells"),
    ]


def test_a_bad_line_is_named_wherever_its_invoice_begins(shop):
    text = INVOICE + (
        invoice(visit="")
        + invoice(invoice="i2", visit="")
        + invoice(visit="", item="x", invoiced="7")
        + invoice(invoice="i2", visit="", client="1002", issued_at="2026-03-02T12:00")
    )
    assert shop.refused("invoices", text) == [
        (4, "invoiced", "shares_do_not_add_up"),
        (5, "client", "heading_differs"),
        (5, "issued_at", "heading_differs"),
    ]


def test_an_invoice_has_so_many_lines_and_no_more(shop):
    text = INVOICE + invoice(visit="") * 501
    assert shop.refused("invoices", text) == [(2, "too_many_lines")]


def test_a_branch_keeps_its_time_zone_once_something_happened_there(shop):
    text = "external_id,name,time_zone\npodil,Salon on Podil,America/New_York\n"
    assert [problem[-1] for problem in shop.refused("branches", text)] == ["zone_in_use"]


BROKEN_FILES = (
    (b"", [("empty_file",)]),
    ("external_id,name\n1,Олена\n".encode("cp1251"), [(2, "wrong_encoding")]),
    (b'external_id,name\n1,"A\n2,B\n', [(2, "broken_csv")]),
    (b"external_id,name\n1,A\n2,B,C\n", [(3, "wrong_number_of_cells")]),
    (b"external_id,name\n1,A\x00\n", [(2, "nul_character")]),
    (b"external_id,name,name\n1,A,B\n", [(1, "name", "column_twice")]),
    (b"external_id,nmae\n1,A\n", [(1, "name", "column_missing"), (1, "nmae", "unknown_column")]),
    (b"external_id;name\n1;A\n", [(1, "wrong_delimiter")]),
)


def test_a_file_that_is_broken_as_a_whole_is_refused_and_nothing_is_written(shop):
    for text, problems in BROKEN_FILES:
        assert shop.refused("clients", text) == problems, text


def test_a_file_that_breaks_off_after_good_rows_writes_none_of_them(shop):
    good = "".join(f"{number},Client\n" for number in range(10, 5_010))
    assert shop.refused("clients", f'external_id,name\n{good}x,"open\n') == [(5_002, "broken_csv")]


def test_a_source_must_be_an_id(shop):
    assert shop.refused("clients", "external_id,name\n1,A\n", source="x" * 41) == [("too_long",)]
