"""Columns and tables that can what those of pandas, polars, pyarrow and datasets can."""

import numpy as np


class Series:
    """As in pandas: looked up by its labels, which stand in another order than the rows."""

    def __init__(self, values):
        self.values = np.empty(len(values), object)
        self.values[:] = list(values)
        if all(isinstance(value, int | float) for value in values):
            self.values = np.array(values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, label):
        return self.values[::-1][label]

    def __iter__(self):
        return iter(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)

    def to_numpy(self):
        return self.values


class Polars(Series):
    """Strings are Python's in an array of objects."""

    def __getitem__(self, index):
        return self.values[index]


class Arrow:
    """As in pyarrow: elements are scalars of its own."""

    def __init__(self, values):
        self._values = list(values)

    def __len__(self):
        return len(self._values)

    def __getitem__(self, index):
        return object()

    def __iter__(self):
        return iter([object() for _ in self._values])

    def to_numpy(self):
        raise ValueError("Needed to copy")

    def to_pylist(self):
        return self._values


class Sequence:
    """As a column of datasets: nothing but a length and elements."""

    def __init__(self, values):
        self._values = list(values)

    def __len__(self):
        return len(self._values)

    def __getitem__(self, index):
        return self._values[index]


class Frame:
    """As in pandas and polars; looked up by name."""

    column = Series

    def __init__(self, columns, names=None):
        self._columns = columns
        self.columns = names or [*columns]

    def __len__(self):
        return len(next(iter(self._columns.values())))

    def __iter__(self):
        return iter(self._columns)

    def __getitem__(self, name):
        return self.column(self._columns[name])


class Table(Frame):
    """As in pyarrow: the names are in `column_names`, `columns` are the columns."""

    column = Arrow

    def __init__(self, columns):
        super().__init__(columns)
        self.column_names = [*columns]
        self.columns = [Arrow(values) for values in columns.values()]
