"""Sales as issued: lines, adjustments, payments and payments by line, returns; and openings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, Count, ExternalId, Id, Key, Minor, Name, Prose, Small


class Sale(Base):
    """An issued invoice. `owed` is what the lines cost after adjustments, `paid` all tenders, `returned` given back.

    `origin` says whether it was priced here or recorded. `fingerprint` is the SHA-256 of a recorded invoice as it was
    sent, so that the same one again changes nothing, or of the quote that was issued. `config_version` is the
    configuration it was priced by.
    """

    __tablename__ = "core_sale"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        ForeignKeyConstraint(["network_id", "visit_id"], ["core_visit.network_id", "core_visit.id"]),
        UniqueConstraint("network_id", "source", "external_id"),
        CheckConstraint("owed_minor = listed_minor - discount_minor AND owed_minor >= 0", name="owed"),
        CheckConstraint("paid_minor BETWEEN 0 AND owed_minor", name="paid"),
        CheckConstraint("returned_minor BETWEEN 0 AND paid_minor", name="returned"),
        Index(None, "network_id", "visit_id"),
        Index(None, "network_id", "client_id", "issued_at"),
        Index(None, "network_id", "branch_id", "local_day"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    source: Mapped[Code]
    external_id: Mapped[ExternalId]
    branch_id: Mapped[Id]
    client_id: Mapped[Id | None]
    visit_id: Mapped[Id | None]
    state: Mapped[Code]
    origin: Mapped[Code]
    issued_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    local_day: Mapped[date]
    listed_minor: Mapped[Minor]
    discount_minor: Mapped[Minor]
    owed_minor: Mapped[Minor]
    paid_minor: Mapped[Minor]
    returned_minor: Mapped[Minor]
    fingerprint: Mapped[str] = mapped_column(String(64))
    config_version: Mapped[Count | None]


class SaleLine(Base):
    """A line of a sale, numbered from 1; `counts` says whether its amounts belong in totals.

    Amounts are the client's part and include tax; `unit_price_minor` is in the price's own basis, which includes tax
    or not. `third_party_minor` is what somebody else pays.
    """

    __tablename__ = "core_sale_line"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "sale_id"], ["core_sale.network_id", "core_sale.id"]),
        CheckConstraint("discount_minor BETWEEN 0 AND listed_minor", name="discount"),
        CheckConstraint("returned_milli BETWEEN 0 AND quantity_milli", name="returned"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    sale_id: Mapped[Key]
    number: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[ExternalId]
    item: Mapped[ExternalId]
    name: Mapped[Name] = mapped_column(server_default=text("''"))
    category: Mapped[Name]
    kind: Mapped[Code]
    counts: Mapped[bool] = mapped_column(Boolean)
    quantity_milli: Mapped[Minor]
    unit_price_minor: Mapped[Minor]
    listed_minor: Mapped[Minor]
    discount_minor: Mapped[Minor]
    returned_milli: Mapped[Minor]
    third_party_minor: Mapped[Minor] = mapped_column(server_default=text("0"))
    tax_rate_bp: Mapped[Count] = mapped_column(server_default=text("0"))
    tax_included: Mapped[bool] = mapped_column(Boolean, server_default=true())
    tax_minor: Mapped[Minor] = mapped_column(server_default=text("0"))


class Adjustment(Base):
    """A price reduction on one line, with its reason; `seq` is its place in the order they were taken.

    Of one made here, `lane`, `plugin`, `offer` (its key) and `version_id` say what it comes from; of a manual one,
    `actor` who gave it.
    """

    __tablename__ = "core_adjustment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["network_id", "sale_id", "line_number"],
            ["core_sale_line.network_id", "core_sale_line.sale_id", "core_sale_line.number"],
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    sale_id: Mapped[Key]
    line_number: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[Name]
    amount_minor: Mapped[Minor]
    lane: Mapped[Code | None]
    plugin: Mapped[Code | None]
    offer: Mapped[ExternalId | None]
    version_id: Mapped[Id | None]
    actor: Mapped[Name | None]


class Decision(Base):
    """Why an invoice was priced as it was: the facts and what became of every offer, canonical JSON, compressed.

    `format` is the version of that JSON. Written once, at issue.
    """

    __tablename__ = "core_decision"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "sale_id"], ["core_sale.network_id", "core_sale.id"]),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    sale_id: Mapped[Key]
    format: Mapped[Small]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Payment(Base):
    """An amount paid by one tender; `counts_as_paid` is the tender's flag at that time."""

    __tablename__ = "core_payment"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "sale_id"], ["core_sale.network_id", "core_sale.id"]),
        ForeignKeyConstraint(["network_id", "tender"], ["core_tender.network_id", "core_tender.code"]),
        UniqueConstraint("network_id", "sale_id", "external_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    sale_id: Mapped[Id]
    external_id: Mapped[ExternalId]
    tender: Mapped[Code]
    counts_as_paid: Mapped[bool] = mapped_column(Boolean)
    amount_minor: Mapped[Minor]
    paid_at: Mapped[datetime]


class PaymentLine(Base):
    """What of a payment lies on one line of its sale."""

    __tablename__ = "core_payment_line"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "payment_id"], ["core_payment.network_id", "core_payment.id"]),
        ForeignKeyConstraint(
            ["network_id", "sale_id", "line_number"],
            ["core_sale_line.network_id", "core_sale_line.sale_id", "core_sale_line.number"],
        ),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    payment_id: Mapped[Key]
    line_number: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    sale_id: Mapped[Id]
    amount_minor: Mapped[Minor]


class Return(Base):
    """Lines, or parts of them, that came back."""

    __tablename__ = "core_return"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "sale_id"], ["core_sale.network_id", "core_sale.id"]),
        Index(None, "network_id", "sale_id"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    sale_id: Mapped[Id]
    returned_at: Mapped[datetime]
    actor: Mapped[Name]
    reason: Mapped[Prose]


class ReturnLine(Base):
    """What of one line came back: quantity and the shares of its list and invoiced amounts."""

    __tablename__ = "core_return_line"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "return_id"], ["core_return.network_id", "core_return.id"]),
        ForeignKeyConstraint(
            ["network_id", "sale_id", "line_number"],
            ["core_sale_line.network_id", "core_sale_line.sale_id", "core_sale_line.number"],
        ),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    return_id: Mapped[Key]
    line_number: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    sale_id: Mapped[Id]
    quantity_milli: Mapped[Minor]
    listed_minor: Mapped[Minor]
    invoiced_minor: Mapped[Minor]


class ReturnPayment(Base):
    """What of one payment, on one line, was given back."""

    __tablename__ = "core_return_payment"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "return_id"], ["core_return.network_id", "core_return.id"]),
        ForeignKeyConstraint(
            ["network_id", "payment_id", "line_number"],
            ["core_payment_line.network_id", "core_payment_line.payment_id", "core_payment_line.line_number"],
        ),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    return_id: Mapped[Key]
    payment_id: Mapped[Key]
    line_number: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[Minor]


class Opening(Base):
    """Imported history of one client at one branch, as of the start of `opened_on`."""

    __tablename__ = "core_opening"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        UniqueConstraint("network_id", "source", "external_id"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    source: Mapped[Code]
    external_id: Mapped[ExternalId]
    branch_id: Mapped[Id]
    client_id: Mapped[Id]
    opened_on: Mapped[date]
    opens_at: Mapped[datetime]
    visits: Mapped[Count]
    no_shows: Mapped[Count]
    listed_minor: Mapped[Minor]
    invoiced_minor: Mapped[Minor]
    paid_minor: Mapped[Minor]
    last_visit_on: Mapped[date | None]
