"""SQL of this package, made independent of ``search_path``.

PostgreSQL looks for ``=`` or ``count()`` in every schema of the path.  It prefers
another role's function for exactly these types to a builtin one that needs a cast.
So our SQL is written in the plain form, and is sent with ``OPERATOR(pg_catalog.=)``.
Expressions of the user are never passed to this module: the user's path decides what
they mean.
https://www.postgresql.org/docs/current/typeconv-oper.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from alembic_zdt.sql_tokens import Token, tokens, with_strings, without_strings

# Keywords that separate expressions: no operator has operands on both sides of one.
_BREAKERS = frozenset(
    """
    and asc as begin by check conflict constant cross declare default desc diagnostics
    distinct do else elsif end except exception execute exists exit filter for from
    full group having if inner insert intersect into is join lateral left limit loop
    not nothing nulls offset on only or order ordinality over partition perform raise
    recursive return returning right select set show similar then union update using
    values when where while with within
    """.split()  # noqa: SIM905  # one word a line would fill the file
)
_ENDS_OF_SET = frozenset({"where", "from", "returning"})
_FUNCTIONS = frozenset(
    "array_agg bool_and bool_or count max min now row_number string_agg sum".split()  # noqa: SIM905
)
_TYPES = frozenset(
    """
    bool bytea date float4 float8 int2 int4 int8 json jsonb name oid pg_lsn point
    regclass regnamespace regproc regprocedure regrole regtype text tid timestamptz
    uuid xid xid8
    """.split()  # noqa: SIM905
)
_LIKE = {"like": "~~", "ilike": "~~*"}
_NEGATED = {"~~": "!~~", "~~*": "!~~*"}
_HIGHEST, _OTHERS, _KEYWORDS, _COMPARISON = 8, 5, 4, 3
_LEVELS = {"^": _HIGHEST, "*": 7, "/": 7, "%": 7, "+": 6, "-": 6} | dict.fromkeys(
    ("<", ">", "=", "<=", ">=", "<>", "!="), _COMPARISON
)
_OPENING = {"(": ")", "[": "]"}
_SCHEMA = "pg_catalog."


def qualified(sql: str) -> str:
    """Return *sql* with each operator, builtin function and type in ``pg_catalog``.

    It must not contain what cannot be qualified: ``BETWEEN``, ``IS DISTINCT FROM``,
    ``CASE x WHEN``, ``SIMILAR TO`` and ``USING`` of a join.
    """
    shape, values = without_strings(sql)
    return with_strings(_qualified(shape), values)


@lru_cache(maxsize=1024)
def _qualified(shape: str) -> str:
    """Qualify SQL without its strings, so that the result can be reused."""
    return _Writer(tokens(shape)).until("")


@dataclass(frozen=True)
class _Operator:
    text: str
    level: int


class _Writer:
    """A writer of tokens, operand by operand.

    Args:
        tokens: the tokens of the whole text; the last one marks its end.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def until(self, closing: str, *, is_cast: bool = False) -> str:
        """Return everything up to and including the token *closing*."""
        return "".join(_Part(self, closing, is_cast=is_cast).written())

    def take(self) -> Token:
        """Return the next token and advance."""
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def next(self, ahead: int = 0) -> Token:
        """Return a token ahead without advancing."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def previous(self) -> Token:
        """Return the token before the one that was taken last."""
        return self._tokens[self._at - 2] if self._at > 1 else Token("start", "")


class _Part:
    """A writer of the text between two parentheses, brackets, or CASE and END."""

    def __init__(self, writer: _Writer, closing: str, *, is_cast: bool) -> None:
        self._writer = writer
        self._closing = closing
        self._is_cast = is_cast
        self._assigns = False
        self._is_in_set = False
        self._raises = False
        self._items: list[str | _Operator] = []

    def written(self) -> Iterator[str]:
        while True:
            token = self._writer.take()
            if token.kind == "end" or (token.word or token.text) == self._closing:
                yield self._folded()
                yield token.whole
                return
            if self._breaks(token):
                yield self._folded()
                yield token.whole
            else:
                self._add(token)

    def _breaks(self, token: Token) -> bool:
        """Check whether the token ends an operand, and note where SET assigns."""
        if token.text in (",", ";"):
            self._assigns = self._is_in_set = self._is_in_set and token.text == ","
            self._raises = self._raises and token.text == ","
            return True
        if token.text == "=" and self._assigns:
            self._assigns = False
            return True
        if token.kind == "mark" and token.text != "::":
            return True
        return self._is_breaker(token)

    def _is_breaker(self, token: Token) -> bool:
        following = self._writer.next()
        if token.word in ("not", "in") and self._keyword(token):
            return False
        if token.word == "in":
            return True
        if token.word in ("left", "right") and following.text == "(":
            return False
        if token.word not in _BREAKERS or self._writer.previous().text == ".":
            return False
        if token.word == "raise":
            self._raises = True
        if token.word in ("set", "diagnostics") or self._begins_options(token):
            self._assigns = self._is_in_set = True
        elif token.word in _ENDS_OF_SET:
            self._assigns = self._is_in_set = False
        return True

    def _begins_options(self, token: Token) -> bool:
        return self._raises and token.word == "using"

    def _keyword(self, token: Token) -> bool:
        """Check whether IN (...), LIKE or their negation follows an operand."""
        following = self._writer.next()
        if not self._is_operand_there():
            return False
        if token.word == "in":
            return following.text == "("
        return following.word in ("in", *_LIKE)

    def _is_operand_there(self) -> bool:
        return bool(self._items) and isinstance(self._items[-1], str)

    def _add(self, token: Token) -> None:
        if token.word in ("not", "in", *_LIKE) and self._is_operand_there():
            self._add_keyword(token)
        elif token.word == "operator" and self._writer.next().text == "(":
            written = token.whole + self._raw_group()
            self._items.append(_Operator(written, _OTHERS))
        elif token.kind == "operator":
            self._add_operator(token)
        else:
            self._extend(self._operand(token))

    def _raw_group(self) -> str:
        written = []
        while True:
            token = self._writer.take()
            written.append(token.whole)
            if token.text == ")":
                return "".join(written)

    def _add_keyword(self, token: Token) -> None:
        negated = token.word == "not"
        word = self._writer.take().word if negated else token.word
        if word == "in":
            self._add_membership(token.space, negated=negated)
            return
        name = _NEGATED[_LIKE[word]] if negated else _LIKE[word]
        self._items.append(_Operator(_operator(token.space, name), _KEYWORDS))

    def _add_membership(self, space: str, *, negated: bool) -> None:
        name, quantifier = ("<>", "ALL") if negated else ("=", "ANY")
        self._items.append(_Operator(_operator(space, name), _KEYWORDS))
        self._writer.take()
        inside = self._writer.next().word
        among = self._writer.until(")")
        if inside not in ("select", "values", "with"):
            among = f"ARRAY[{among[:-1]}])"
        self._items.append(f" {quantifier} ({among}")

    def _add_operator(self, token: Token) -> None:
        before = self._writer.previous()
        is_star = token.text == "*" and before.text == "."
        is_first = not self._is_operand_there()
        is_sign = is_first and self._writer.next().kind == "number"
        if is_star or is_sign or (token.text == "*" and is_first):
            self._extend(token.whole)
        else:
            level = _LEVELS.get(token.text, _OTHERS)
            name = "<>" if token.text == "!=" else token.text
            self._items.append(_Operator(_operator(token.space, name), level))

    def _extend(self, text: str) -> None:
        if self._is_operand_there():
            self._items[-1] = str(self._items[-1]) + text
        else:
            self._items.append(text)

    def _operand(self, token: Token) -> str:
        if token.text in _OPENING:
            is_cast = self._writer.previous().word == "cast"
            inside = self._writer.until(_OPENING[token.text], is_cast=is_cast)
            return token.whole + inside
        if token.word == "case":
            return token.whole + self._writer.until("end")
        if token.word == "nullif":
            return token.space + self._nullif()
        if self._is_builtin(token):
            return token.space + _SCHEMA + token.text
        return token.whole

    def _nullif(self) -> str:
        """Write NULLIF as CASE, because the ``=`` of NULLIF cannot be qualified."""
        self._writer.take()
        first, second = self._writer.until(",")[:-1], self._writer.until(")")[:-1]
        same = f"{first}{_operator('', '=')}{_wrapped(second)}"
        return f"CASE WHEN {same} THEN NULL ELSE {first} END"

    def _is_builtin(self, token: Token) -> bool:
        before, following = self._writer.previous(), self._writer.next()
        if following.text == ".":
            return False
        if token.word in _TYPES:
            of_cast = self._is_cast and before.word == "as"
            return before.text == "::" or of_cast
        return token.word in _FUNCTIONS and following.text == "(" and before.text != "."

    def _folded(self) -> str:
        items, self._items = self._items, []
        return _Folding(items).text() if items else ""


def _operator(space: str, name: str) -> str:
    return f"{space or ' '}OPERATOR({_SCHEMA}{name})"


class _Folding:
    """A sequence of operands and operators, written with the parentheses it needs.

    ``OPERATOR()`` binds as tightly as ``||`` does, whatever operator is inside.

    Args:
        items: the items, as they were written.
    """

    def __init__(self, items: Sequence[str | _Operator]) -> None:
        self._items = items
        self._at = 0

    def text(self) -> str:
        """Return the SQL of the whole sequence."""
        return self._from(0)[0]

    def _from(self, least: int) -> tuple[str, bool]:
        """Write operators of this level or higher, and return whether there are any."""
        left, is_compound = self._operand(), False
        while self._at < len(self._items):
            operator = self._items[self._at]
            if not isinstance(operator, _Operator) or operator.level < least:
                break
            self._at += 1
            right, needs_parentheses = self._from(operator.level + 1)
            left += operator.text + (_wrapped(right) if needs_parentheses else right)
            is_compound = True
        return left, is_compound

    def _operand(self) -> str:
        if self._at == len(self._items):
            return ""
        item = self._items[self._at]
        self._at += 1
        if isinstance(item, str):
            return item
        return item.text + self._from(_HIGHEST + 1)[0]  # of one operand


def _wrapped(text: str) -> str:
    bare = text.lstrip()
    return f"{text[: len(text) - len(bare)]}({bare})"
