"""The messages of the errors, read from the calls that raise them.

What a call fills in stands as ``<word>``.  A part that is the same each time is
followed to where it is made: a constant, a local name, a function or a property.
In a call of a directive the word is that of its parameter.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alembic.operations import Operations

from alembic_zdt import errors, registration

PACKAGE = Path(errors.__file__).parent

Function = ast.FunctionDef | ast.AsyncFunctionDef

_GENERIC = {"...", "each", "facts", "found", "op", "operation", "self", "spec", "stock"}
_NAMES = {"message", "label", "sql", "relation", "name"}
_CALL = re.compile(r"op\.(?P<directive>\w+)\((?P<arguments>[^()]*)\)")
_QUOTED = re.compile(r"^(?P<keyword>\w+=)?(?P<quote>[\"'])<[^<>]*>(?P=quote)$")
_BARE = re.compile(r"^<[^<>]*>$")
_REPR = ord("r")


_WORKFLOWS = {"column_type": "alter_column_type", "enum_value": "rename_enum_value"}
"""Folders of workflows whose directives are called otherwise."""


@dataclass(frozen=True)
class Message:
    """What one call that makes an error says, with ``<...>`` for what it fills in."""

    error: str
    primary: str
    hint: str


@dataclass(frozen=True)
class Texts:
    """What the expressions at one place of a module say.

    Attributes:
        names: the expressions that names stand for.
        functions: those of the module, and the properties of the class.
        classes: those of the package.
        workflow: the directives' name behind that of the phase.
    """

    names: Mapping[str, ast.expr] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    classes: Mapping[str, ast.ClassDef] = field(default_factory=dict)
    workflow: str = ""

    def within(self, node: ast.AST) -> Texts:
        """Return the texts of a class or a function of the module."""
        if isinstance(node, ast.ClassDef):
            inherited = _functions(list(_body_of(node, self.classes)))
            return replace(self, functions={**self.functions, **inherited})
        if isinstance(node, Function):
            return replace(self, names={**self.names, **_assigned(node)})
        return self

    def of(self, node: ast.expr) -> str:
        """Return the text that an expression makes, with ``<word>`` for what varies."""
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.JoinedStr(values=values):
                return "".join(map(self.of, values))
            case ast.FormattedValue(value=value, conversion=conversion):
                return self._filled_in(value, is_repr=conversion == _REPR)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.of(left) + self.of(right)
        return self._filled_in(node)

    def _filled_in(self, node: ast.expr, *, is_repr: bool = False) -> str:
        text = self._followed(node)
        if text is None:
            text = f"<{self._word(node)}>"
        return f"'{text}'" if is_repr and isinstance(node, ast.Attribute) else text

    def _followed(self, node: ast.expr) -> str | None:
        """Return the text behind a name or a call, None where it differs each time."""
        found: str | None = None
        match node:
            case ast.IfExp():
                found = self._of_branches(node)
            case ast.Name(id=name) if name in self.names:
                found = self._unless_unknown(self.names[name])
            case (
                ast.Attribute(value=ast.Name(id="self"), attr=name)
                | ast.Call(func=ast.Name(id=name))
            ) if name in self.functions:
                found = self._returned(name)
            case ast.Call(func=ast.Attribute(value=inner, attr="capitalize")):
                found = self.of(inner).capitalize()
            case ast.Attribute(value=ast.Name(id=name), attr="call"):
                found = self._call_of_phase(self.names.get(name))
        return found

    def _of_branches(self, node: ast.IfExp) -> str | None:
        """Return the only text that there may be, besides none."""
        texts = [self.of(node.body), self.of(node.orelse)]
        plain = [text for text in texts if text and not text.startswith("<")]
        return plain[0] if len(plain) == 1 else None

    def _call_of_phase(self, made: ast.expr | None) -> str | None:
        match made:
            case ast.Call(
                func=ast.Attribute(attr="phase"),
                args=[ast.Attribute(attr=phase)],
            ):
                return f"op.{phase}_{self.workflow}(...)"
            case ast.Call(
                func=ast.Attribute(attr="phase"), args=[ast.Name(id=operation)]
            ):
                phase = re.split("(?<=[a-z])(?=[A-Z])", operation)[0].lower()
                return f"op.{phase}_{self.workflow}(...)"
        return None

    def _returned(self, name: str) -> str | None:
        function = self.functions[name]
        returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
        returns.sort(key=lambda node: node.lineno)
        found = [node.value for node in returns if node.value is not None]
        if not found or (len(found) > 1 and not isinstance(found[-1], ast.IfExp)):
            return None
        return self.within(function)._unless_unknown(found[-1])  # noqa: SLF001

    def _unless_unknown(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.IfExp):
            return self._of_branches(node)
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            return None
        text = self.of(node)
        return None if text == "<...>" else text

    def _word(self, node: ast.expr) -> str:
        """Return a short name for a placeholder: ``self.table.label`` is a table."""
        word = "..."
        match node:
            case ast.Attribute(value=value, attr=name) if name in _NAMES:
                inner = self._word(value)
                word = name if inner in _GENERIC else inner
            case ast.Attribute(attr=name) | ast.Name(id=name):
                word = _plain(name)
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                word = _plain(name)
            case ast.Call(args=[ast.Name() | ast.Attribute() as first, *_]):
                word = self._word(first)
            case ast.Call(func=inner) | ast.Subscript(value=inner):
                word = self._word(inner)
        return word


def _plain(name: str) -> str:
    return name.strip("_").replace("_", " ").removesuffix(" name")


def _body_of(cls: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Iterator[Any]:
    """Return the texts of a class, behind those of its base classes."""
    for base in cls.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _body_of(classes[base.id], classes)
    yield from cls.body


def messages(known: set[str]) -> Iterator[Message]:
    """Return the messages of these classes of errors, from all modules."""
    registration.register()
    modules = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    classes = {
        node.name: node
        for module in modules.values()
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }
    shared: dict[str, ast.expr] = {}
    for module in modules.values():
        shared |= {k: v for k, v in _constants(module).items() if k.isupper()}
    found: dict[Path, Texts] = {}
    builders: dict[str, Builder] = {}
    for path, module in modules.items():
        folder = path.parent.name
        found[path] = Texts(
            {**shared, **_constants(module)},
            _functions(module.body),
            classes,
            _WORKFLOWS.get(folder, folder),
        )
        builders |= _builders(module, found[path], known)
    for path, module in modules.items():
        yield from _messages(module, found[path], known, builders)


@dataclass(frozen=True)
class Builder:
    """A function that makes an error whose hint or class the caller passes.

    Attributes:
        function: the function.
        made: the call in it that makes the error.
        texts: the texts of its module.
    """

    function: Function
    made: ast.Call
    texts: Texts

    def message(self, call: ast.Call, caller: Texts) -> Message:
        """Return the message of the error that a call of the function makes."""
        names = [each.arg for each in self.function.args.args]
        given = dict(zip(names, call.args, strict=False))
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        defaults = self.function.args.defaults
        texts = self.texts.within(self.function)
        told = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        told |= {name: _constant_or_name(node, caller) for name, node in given.items()}
        inner = replace(texts, names={**texts.names, **told})
        error = self.made.func
        if isinstance(error, ast.Name) and error.id in given:
            error = given[error.id]
        return _message(ast.unparse(error), self.made, inner)


def _constant_or_name(node: ast.expr, caller: Texts) -> ast.expr:
    text = caller.of(node)
    return node if text.startswith("<") else ast.Constant(text)


def _builders(module: ast.Module, texts: Texts, known: set[str]) -> dict[str, Builder]:
    found: dict[str, Builder] = {}
    for function in module.body:
        if not isinstance(function, Function):
            continue
        names = {each.arg for each in function.args.args}
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Name(id=name), keywords=[*keywords]):
                    hints = (k.value for k in keywords if k.arg == "hint")
                    passed = next((h.id for h in hints if isinstance(h, ast.Name)), "")
                    if passed in names and name in known | names:
                        found[function.name] = Builder(function, node, texts)
    return found


def _message(error: str, made: ast.Call, texts: Texts) -> Message:
    hint = next((k.value for k in made.keywords if k.arg == "hint"), None)
    said = texts.of(hint) if hint is not None else ""
    return Message(error, texts.of(made.args[0]), with_words_of_parameters(said))


def _messages(
    node: ast.AST, texts: Texts, known: set[str], builders: Mapping[str, Builder]
) -> Iterator[Message]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in builders:
            yield builders[name].message(node, texts)
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if (
            name in known and not any(node is each.made for each in builders.values())
        ):
            yield _message(name, node, texts)
    for child in ast.iter_child_nodes(node):
        yield from _messages(child, texts.within(child), known, builders)


def _constants(module: ast.Module) -> dict[str, ast.expr]:
    """Return the texts that a module gives a name."""
    return {
        target.id: statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _functions(body: list[ast.stmt]) -> dict[str, Function]:
    return {node.name: node for node in body if isinstance(node, Function)}


def _assigned(function: Function) -> dict[str, ast.expr]:
    """Return the meaning of each name of a function; parameters hide others."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    found: dict[str, ast.expr] = {
        each.arg: ast.Tuple(elts=[], ctx=ast.Load()) for each in given
    }
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found |= {each.arg: default for each, default in pairs if default is not None}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return found


def with_words_of_parameters(hint: str) -> str:
    """Return a hint whose calls of directives have the names of the parameters."""
    return _CALL.sub(_typed, hint)


def _typed(match: re.Match[str]) -> str:
    function = getattr(Operations, match["directive"], None)
    if function is None:
        return match[0]
    _, *names = inspect.signature(function).parameters
    written = [
        _argument(text.strip(), name)
        for text, name in zip(match["arguments"].split(","), names, strict=False)
    ]
    rest = match["arguments"].split(",")[len(written) :]
    arguments = ", ".join([*written, *(each.strip() for each in rest)])
    return f"op.{match['directive']}({arguments})"


def _argument(text: str, parameter: str) -> str:
    if parameter == "columns" and _BARE.match(text):
        return '["<column>"]'
    found = _QUOTED.match(text)
    if found is None or found["keyword"]:
        return text
    word = parameter.removesuffix("_name").replace("_", " ")
    return f"{found['quote']}<{word}>{found['quote']}"
