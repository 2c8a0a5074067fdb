"""What a cell is: its step and the parameters that the step takes, in blocks by row."""

import dataclasses
from collections.abc import Callable
from typing import Optional

import torch


def named(text, default):
    """'a b:2' → {"a": default, "b": "2"}"""
    pairs = (word.partition(":") for word in text.split())
    return {name: value or default for name, _, value in pairs}


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a cell computes and what it needs for that.

    rows: the pre-activations in the order of their blocks. The letters say what one has: `x` a
    product with the input (`p`: only where the input is not as wide as the hidden state), `h` one
    with the hidden state or with a value of this step, `b` a bias; all three where there are none.
    vectors: name:blocks, each [blocks·H], or a name alone: one number a unit. matrices:
    name:blocks, each [blocks·H, H]. upper: the layers above the first, where they are another cell.
    parts: into how many parts the input falls, of which W multiplies the first; given: how many
    numbers of a unit go out, where it is not as many.
    """

    step: Callable
    rows: str
    states: str = "h"
    vectors: str = ""
    matrices: str = ""
    upper: Optional["Cell"] = None
    parts: int = 1
    given: int = 0

    @property
    def knows_square(self):
        """Whether the raw input takes the place of a product where it is as wide as h."""
        return any("p" in letters for letters in named(self.rows, "").values())

    def row_letters(self, input_size, hidden_size):
        wide = input_size != hidden_size
        return {name: letters.replace("p", "x" if wide else "")
                for name, letters in named(self.rows, "xhb").items()}

    def shapes(self, case, input_size):
        """Parameters of one direction of one layer: name → shape."""
        hidden, rows = case.hidden_size, self.row_letters(input_size, case.hidden_size)
        blocks = {"weight_ih": (rows_with("x", rows), input_size),
                  "weight_hh": (rows_with("h", rows), hidden // case.options.get("heads", 1))}
        if case.bias:
            blocks |= {"bias_ih": (rows_with("b", rows),), "bias_hh": (rows_with("bh", rows),)}
        blocks |= {name: (range(int(count)), hidden)
                   for name, count in named(self.matrices, "1").items()}
        blocks |= {name: (range(int(count)),) for name, count in named(self.vectors, "1").items()}
        return {name: (len(of) * hidden, *columns) for name, (of, *columns) in blocks.items() if of}


def rows_with(letters, rows):
    return [name for name, has in rows.items() if set(letters) <= set(has)]


class Parameters:
    """W, U and the biases b (of `bias_ih`) and d (of `bias_hh`) by row; everything else by name."""

    def __init__(self, cell, case, input_size, tensors):
        rows = cell.row_letters(input_size, case.hidden_size)
        kinds = {"W": ("x", "weight_ih"), "U": ("h", "weight_hh"),
                 "b": ("b", "bias_ih"), "d": ("bh", "bias_hh")}
        zero = torch.zeros((), dtype=next(iter(tensors.values())).dtype)
        for name, (letters, tensor) in kinds.items():
            has = rows_with(letters, rows)
            blocks = dict(zip(has, tensors[tensor].chunk(len(has)))) if tensor in tensors else {}
            setattr(self, name, blocks if name in "WU" else dict.fromkeys(rows, zero) | blocks)
        for name, tensor in tensors.items():
            setattr(self, name, tensor)
        self.options, self.step = case.options, 0

    def z(self, row, x=None, h=None):
        """W x + b + U h + b' of one row, or the part of it whose factor is given."""
        z = self.b[row] if x is None else self.W[row] @ x + self.b[row]
        return z if h is None else z + self.U[row] @ h + self.d[row]

    def projected(self, row, x):
        """x, through the row's W where the layer has one: where x is not as wide as h."""
        return self.W[row] @ x if row in self.W else x
