"""Where returns come from: factors against statsmodels, segments against Bacon's book, and laws for any input."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt import metrics
from rustybt.errors import InputError, NonFiniteInput
from tests._examples import examples

DATA = Path(__file__).with_name("data")
SEGMENTS = ["period", "segment", "weight", "return", "benchmark_weight", "benchmark_return"]
close = pytest.approx
shares = st.integers(-900, 1500).map(lambda n: Decimal(n).scaleb(-4))


@cache
def read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def managers() -> tuple[list[Decimal], dict[str, list[Decimal]]]:
    """Excess returns of a fund, of shares and of bonds."""
    columns = read("data_managers")["columns"]
    rows = zip(*(columns[name] for name in ("HAM1", "SP500 TR", "US 10Y TR", "US 3m TR")), strict=True)
    own = [[Decimal(repr(value)) - Decimal(repr(row[3])) for value in row[:3]] for row in rows]
    fund, equity, bond = map(list, zip(*own, strict=True))
    return fund, {"equity": equity, "bond": bond}


@pytest.mark.parametrize("case", read("factor_regression_hac")["hac"], ids=lambda case: str(case["lags"]))
def test_factors_are_those_of_statsmodels(case: dict[str, Any]) -> None:
    fund, factors = managers()
    found = metrics.factor_regression(fund, factors, periods=12, lags=case["lags"], small_sample=case["small_sample"])
    assert found.frame["factor"].to_list() == ["alpha", "equity", "bond"]
    for column, name in (("coefficient", "coefficients"), ("error", "standard_errors"), ("t", "t")):
        expected = [case[name][factor] for factor in ("const", "equity", "bond")]
        assert [float(value) for value in found.frame[column]] == close(expected, rel=1e-9)
    ols = read("factor_regression_hac")["ols"]
    assert float(found.r_squared or 0) == close(ols["r_squared"], rel=1e-9)
    assert float(found.adjusted_r_squared or 0) == close(ols["adjusted_r_squared"], rel=1e-9)
    assert float(found.residual_volatility or 0) == close(ols["residual_sd"] * 12**0.5, rel=1e-9)


def test_the_lags_by_default_are_those_of_newey_and_west() -> None:
    fund, factors = managers()
    found = metrics.factor_regression(fund, factors, periods=12)
    assert found.lags == read("factor_regression_hac")["automatic_lags"]["4*(n/100)^(2/9), floor"]
    assert found.sessions == len(fund)


@pytest.mark.parametrize("seed", range(3))
def test_drawn_factors_are_those_of_statsmodels(seed: int) -> None:
    regression = pytest.importorskip("statsmodels.regression.linear_model")
    rng = np.random.default_rng(seed)
    drawn = rng.normal(0, 0.01, (3, 300)).round(6)
    own = (0.0002 + 0.7 * drawn[0] - 0.2 * drawn[1] + rng.normal(0, 0.004, 300)).round(6)
    found = metrics.factor_regression(own, dict(zip("abc", drawn, strict=True)), periods=252, lags=5)  # type: ignore[arg-type]
    design = np.column_stack([np.ones(300), *drawn])
    other = regression.OLS(own, design).fit(cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": True})
    assert [float(value) for value in found.frame["coefficient"]] == close(other.params, rel=1e-9)
    assert [float(value) for value in found.frame["error"]] == close(other.bse, rel=1e-9)
    assert float(found.r_squared or 0) == close(other.rsquared, rel=1e-9)


@given(st.lists(st.tuples(shares, shares, shares), min_size=4, max_size=30))
@settings(max_examples=examples(40), deadline=None)
def test_contributions_of_factors_add_up_and_one_factor_is_beta(rows: list[tuple[Decimal, ...]]) -> None:
    own, first, second = map(list, zip(*rows, strict=True))
    for factors in ({"a": first}, {"a": first, "b": second}):
        try:
            found = metrics.factor_regression(own, factors, periods=252, lags=2)
        except InputError as error:
            assert "could be anything" in str(error)  # noqa: PT017
            continue
        whole = sum(found.frame["contribution"], Decimal())
        mean = sum((Fraction(value) for value in own), Fraction()) / len(own) * 252
        assert abs(Fraction(whole) - mean) < Fraction(1, 10**16)
        assert all(value >= 0 for value in found.frame["error"])
        assert found.r_squared is None or -Decimal("1e-17") <= found.r_squared <= 1
        if len(factors) == 1 and min(own) > -1:
            assert found.frame["coefficient"][1] == metrics.beta(own, first)
            alpha = metrics.arithmetic_alpha(own, first, periods=252)
            assert abs(found.frame["contribution"][0] - (alpha or 0)) < Decimal("1e-15")


@pytest.mark.parametrize(
    ("factors", "more", "said"),
    [
        ({}, {}, "Pass one or more"),
        ({"alpha": [1, 2, 3, 4]}, {}, "names other than 'alpha'"),
        ({"a": [1, 2]}, {}, "factor a: 2 values for 4 sessions"),
        ({"a": [1, 1, 1, 1]}, {}, "'a' never changes"),
        ({"a": [1, 2, 3, 5], "b": [2, 4, 6, 10]}, {}, "'b' never changes or is made of those before it"),
        ({"a": [1, 2, 3, 5], "b": [2, 1, 2, 1], "c": [0, 0, 1, 0]}, {}, "too few for alpha and 3 factors"),
        ({"a": [1, 2, 3, 5]}, {"lags": 4}, "no number of sessions from 0 to 3"),
        ({"a": [1, 2, 3, float("nan")]}, {}, "nan"),
    ],
)
def test_factors_that_say_nothing_are_refused(factors: Any, more: Any, said: str) -> None:
    with pytest.raises((InputError, NonFiniteInput), match=said):
        metrics.factor_regression(["0.1", "0.2", "0.1", "0.3"], factors, periods=252, **more)


def bacon() -> pl.DataFrame:
    """Four quarters of three markets."""
    known = read("brinson_bacon")
    tables = [
        known[name] for name in ("portfolio_weights", "portfolio_returns", "benchmark_weights", "benchmark_returns")
    ]
    rows = [
        (quarter, name, *(str(table[quarter][place]) for table in tables))
        for quarter in range(4)
        for place, name in enumerate(known["segments"])
    ]
    return pl.DataFrame(rows, SEGMENTS, orient="row")


def by_period(frame: pl.DataFrame, effect: str) -> list[list[float]]:
    return [[float(value) for value in part[effect]] for part in frame.partition_by("period", maintain_order=True)]


@pytest.mark.parametrize("model", ["brinson-fachler", "brinson-hood-beebower"])
def test_effects_of_a_period_are_those_of_bacon_s_book(model: Any) -> None:
    known, found = read("brinson_bacon"), metrics.brinson(bacon(), model=model, link=None)
    for effect in ("allocation", "selection", "interaction"):
        expected = known[model.replace("-", "_")][effect]
        for own, other in zip(by_period(found, effect), expected, strict=True):
            assert own == close(other, abs=1e-15)
    published = known["published_period_1"]
    for effect, name in (("allocation", "bf_allocation" if "fachler" in model else "bhb_allocation"),
                         ("selection", "selection"), ("interaction", "interaction")):  # fmt: skip
        assert by_period(found, effect)[0] == close(published[name], abs=5e-5)


@pytest.mark.parametrize("link", ["carino", "menchero", "grap"])
def test_linked_effects_are_those_of_bacon_s_book(link: Any) -> None:
    known = read("brinson_bacon")["linking"][link]
    found = metrics.brinson(bacon(), link=link)
    linked = known["linked_by_period"]
    for own, other in zip(by_period(found, "allocation"), linked["allocation"], strict=True):
        assert own == close(other, abs=1e-14)
    # the book's selection has the interaction in it
    both = found.with_columns(selection=pl.col("selection") + pl.col("interaction"))
    for own, other in zip(by_period(both, "selection"), linked["selection"], strict=True):
        assert own == close(other, abs=1e-14)
    for effect in ("allocation", "selection"):
        whole = [float(both.filter(pl.col("segment") == name)[effect].sum()) for name in both["segment"][:3]]
        assert [*whole, sum(whole)] == close(known["published_totals_4_decimals"][effect], abs=1e-4)


drawn_segments = st.lists(
    st.lists(st.tuples(st.integers(0, 60), shares, st.integers(0, 60), shares), min_size=3, max_size=3),
    min_size=1,
    max_size=4,
)


@given(drawn_segments, st.sampled_from(["carino", "menchero", "grap"]), st.booleans())
@settings(max_examples=examples(60), deadline=None)
def test_linked_effects_add_up_to_the_difference_of_the_returns(drawn: Any, link: Any, fachler: bool) -> None:
    rows = []
    own = other = Fraction(1)
    for period, segments in enumerate(drawn):
        left = [Fraction(100 - sum(one[at] for one in segments[:-1]), 100) for at in (0, 2)]
        sums = [Fraction(), Fraction()]
        for place, (weight, earned, beside, made) in enumerate(segments):
            last = place == len(segments) - 1
            weights = left if last else [Fraction(weight, 100), Fraction(beside, 100)]
            sums = [sums[0] + weights[0] * Fraction(earned), sums[1] + weights[1] * Fraction(made)]
            texts = [str(Decimal(one.numerator) / one.denominator) for one in weights]
            rows.append((period, f"s{place}", texts[0], str(earned), texts[1], str(made)))
        own, other = own * (1 + sums[0]), other * (1 + sums[1])
    if min(own, other) <= 0:
        return
    model: Any = "brinson-fachler" if fachler else "brinson-hood-beebower"
    found = metrics.brinson(pl.DataFrame(rows, SEGMENTS, orient="row"), model=model, link=link)
    whole = sum(
        (Fraction(value) for name in ("allocation", "selection", "interaction") for value in found[name]), Fraction()
    )
    assert abs(whole - (own - other)) < Fraction(1, 10**15)


def test_segments_that_do_not_fit_are_refused() -> None:
    whole = bacon()
    for frame, said in (
        (whole.drop("return"), "no column 'return'"),
        (whole.clear(), "it has no row"),
        (whole.with_columns(weight=pl.lit("0.5")), "weight adds up to 1.5 in period 0"),
        (pl.concat([whole, whole[:1]]), "stands twice in period 0"),
        (whole.with_columns(weight=pl.lit(None)), "row 0: a value is missing"),
    ):
        with pytest.raises(InputError, match=said):
            metrics.brinson(frame)
    with pytest.raises(InputError, match="model: 'bhb' is unknown"):
        metrics.brinson(whole, model="bhb")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="link: 'geometric' is unknown"):
        metrics.brinson(whole, link="geometric")  # type: ignore[arg-type]
    lost = whole.with_columns(**{"return": pl.lit("-1")})
    with pytest.raises(InputError, match="a period lost all"):
        metrics.brinson(lost)
    assert metrics.brinson(lost, link="grap").height == 12


@given(st.lists(st.tuples(shares, shares, shares), min_size=2, max_size=30), st.tuples(shares, shares, shares))
@settings(max_examples=examples(60), deadline=None)
def test_components_add_up_to_the_value_at_risk_of_the_portfolio(rows: Any, weights: Any) -> None:
    columns = dict(zip("abc", map(list, zip(*rows, strict=True)), strict=True))
    portfolio = [sum((w * r for w, r in zip(weights, row, strict=True)), Decimal()) for row in rows]
    found = metrics.component_value_at_risk(columns, dict(zip("abc", weights, strict=True)))
    if len(set(portfolio)) == 1:
        assert not found.height
        return
    whole = metrics.value_at_risk(portfolio, confidence="0.95", method="normal")
    assert whole is None or abs(sum(found["component"], Decimal()) - whole) < Decimal("1e-16")
    assert found["component"].to_list() == sorted(found["component"], reverse=True)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=examples(60), deadline=None)
def test_concentration_lies_between_one_and_one_over_n(sizes: list[int], random: Any) -> None:
    found = metrics.concentration(sizes)
    gross = sum(map(abs, sizes))
    if not gross:
        assert found is None
        return
    assert found is not None
    assert abs(Fraction(found) - sum(Fraction(size * size, gross * gross) for size in sizes)) <= Fraction(1, 2 * 10**18)
    assert Fraction(1, len(sizes)) - Fraction(1, 10**18) <= Fraction(found) <= 1
    mixed = [-7 * size for size in sizes]
    random.shuffle(mixed)
    assert metrics.concentration(mixed) == found
    shares_of = np.abs(np.array(sizes, dtype=float)) / gross
    assert float(found) == close(float((shares_of**2).sum()), rel=1e-12)


def test_where_there_is_none() -> None:
    for gone in (["0.1"], ["0.1", "0.1"], ["0.1", "-1"]):
        assert metrics.kelly(gone, periods=252) is metrics.probabilistic_sharpe(gone, periods=252) is None
        assert metrics.minimum_track_record(gone, periods=252) is None
    assert metrics.minimum_track_record(["0.1", "-0.2"], periods=252) is None
    assert metrics.recovery_factor(["0.1"]) is metrics.recovery_factor(["0.1", "-1"]) is None
    assert metrics.probabilistic_sharpe(["0.1", "0.1000001"], periods=252) is not None
    with pytest.raises(InputError, match="confidence"):
        metrics.minimum_track_record(["0.1", "0.2"], periods=252, confidence=2)
    with pytest.raises(InputError, match="not in both: b"):
        metrics.component_value_at_risk({"a": [1, 2]}, {"a": 1, "b": 2})
    with pytest.raises(InputError, match="the assets have 2 and 3"):
        metrics.component_value_at_risk({"a": [1, 2], "b": [1, 2, 3]}, {"a": 1, "b": 2})
