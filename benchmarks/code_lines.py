"""Lines with code on them, of modules that are found but not imported."""

from __future__ import annotations

import ast
import importlib.util
import tokenize
from collections.abc import Iterable
from pathlib import Path


def code_lines(path: Path) -> int:
    """Lines with code on them: no blank ones, no comments, no docstrings."""
    docs: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            docs.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    empty = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    with path.open("rb") as file:
        lines = {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in (*empty, tokenize.ENCODING)
            for line in range(token.start[0], token.end[0] + 1)
        }
    return len(lines - docs)


def lines_of(modules: Iterable[str]) -> int:
    total = 0
    for module in modules:
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        total += code_lines(Path(spec.origin))
    return total
