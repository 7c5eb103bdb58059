"""The least that a web application can do with a form: one row, one commit. What casting is held against.

Served as `gunicorn benchmarks.yardstick:app`, on the database that DATABASE_URL names.
"""

from __future__ import annotations

import os

from flask import Flask, redirect, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.wrappers import Response

from surveyapp import extensions  # its SQLite waits for the one writer, and so must this one

__all__ = ["app", "extensions"]


class _Model(DeclarativeBase):
    pass


_db = SQLAlchemy(model_class=_Model)


class _Sent(_db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "yardstick"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
_db.init_app(app)
with app.app_context():
    _db.create_all()
    _db.engine.dispose()  # the server's processes are forked from this one


@app.get("/health")
def health() -> str:
    return "ok"


@app.post("/sent")
def sent() -> Response:
    _db.session.execute(insert(_Sent).values(words=request.form["words"]))
    _db.session.commit()
    return redirect("/health", 303)
