"""The shop's tables, as its own migrations make them."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "%(table_name)s_%(column_0_name)s_idx",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    """Everything is in schema shop; pydb keeps to its own."""

    metadata = MetaData(schema="shop", naming_convention=NAMES)


class Customer(Base):
    """A customer."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class Purchase(Base):
    """What a customer bought."""

    __tablename__ = "purchase"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("shop.customer.id"), index=True)
    cents: Mapped[int] = mapped_column(BigInteger)


class Visit(Base):
    """A page that was looked at; written so often that nobody wanted a foreign key on it."""

    __tablename__ = "visit"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    path: Mapped[str] = mapped_column(Text)
    visited_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True
    )
