from rnncast.rendering import Column, Screen, Table, render

TABLE = Table(
    "metrics",
    (
        Column("model", ["auto", "naive|2", "s_n"]),
        Column("mse", [1.5, 20.25, None]),
        Column("coverage-80", [0.5, 0.875, 0.75]),
    ),
    title="Held out",
    note="one\ntwo",
    best={"mse": "lowest", "coverage-80": 0.8},
)  # fmt: skip


def test_a_table_has_names_rules_and_the_best_in_bold() -> None:
    assert render(TABLE, "markdown", Screen()) == (
        "Held out\n\n"
        "| model    |      mse | coverage-80 |\n"
        "| -------- | -------: | ----------: |\n"
        "| auto     | **1.50** |       0.500 |\n"
        "| naive\\|2 |    20.25 |       0.875 |\n"
        "| s_n      |        - |   **0.750** |\n\n"
        "one\n\ntwo\n"
    )


def test_what_data_call_themselves_is_no_markup() -> None:
    names = ["**bold**", "_em_", "a_b", "<b>", "[x](y)", "`code`", "a|b", "line\nbreak", "\x1b[1m", "R&amp;D", "~~x~~"]
    lines = render(Table("forecast", (Column("id", names),)), "markdown", Screen()).splitlines()[2:]
    assert [line[2:-2].strip() for line in lines] == [
        r"\*\*bold\*\*",
        r"\_em\_",
        "a_b",
        r"\<b\>",
        r"\[x\](y)",
        r"\`code\`",
        r"a\|b",
        r"line\\nbreak",
        r"\\x1b\[1m",
        r"R\&amp;D",
        r"\~\~x\~\~",
    ]


def test_every_row_is_there_and_points_stand_below_each_other() -> None:
    text = render(Table("forecast", (Column("y", [n / 4 for n in range(100)]),)), "markdown", Screen(max_rows=5))
    assert len({len(line) for line in text.splitlines()}) == 1
    assert len(text.splitlines()) == 102
