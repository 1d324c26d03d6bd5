"""Categories among covariates: a learned vector in place of each word's code.

Guo and Berkhahn 2016, *Entity embeddings of categorical variables*, arXiv 1604.06737: a word is a row of a table
that is learned together with the network. All rows begin at zero, so that a word which nothing was learned of, and
code 0, which stands for words that are not known at all, count as none in particular.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnncast.columns import size_of


class Categories(nn.Module):
    """Puts the vectors of words in place of their codes, after the columns of numbers.

    e_k = T_k[code]        T_k of 1 + n rows for the n words of column k
    """

    def __init__(self, words: Sequence[int]) -> None:
        """Build it for columns with so many words each, 0 being a column of numbers."""
        super().__init__()
        self.numbers = [column for column, count in enumerate(words) if not count]
        self.columns = [column for column, count in enumerate(words) if count]
        self.tables = nn.ModuleList(nn.Embedding(1 + words[k], size_of(words[k])) for k in self.columns)
        for weight in self.parameters():
            nn.init.zeros_(weight)

    def forward(self, values: Tensor) -> Tensor:
        """Return what is read [..., K'] of columns [..., K] of numbers and codes."""
        spelled = [table(values[..., k].long()) for k, table in zip(self.columns, self.tables, strict=True)]
        return torch.cat([values[..., self.numbers], *spelled], dim=-1)
