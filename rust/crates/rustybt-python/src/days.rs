//! The row of each day: the twin of `rustybt/_kernels/_days.py`, and the daily frame with its statistics.

use std::collections::HashMap;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use rustybt_kernels::int::Int;
use rustybt_kernels::statistics::{Column as Figures, ONE, Sessions, expanding, ratio};

use crate::arrow::Column;
use crate::books::{PyBooks, asked};
use crate::frame::{PyArrowFrame, Texts, decimals, texts, whole};
use crate::number::Number;
use crate::rows::{Bits, PyRows};

const KINDS: &str = "nwwwwwwwwwwwwwwwwnn";
const MONEY: std::ops::Range<usize> = 1..14;
const RATIOS: std::ops::Range<usize> = 14..17;
const VALUE: usize = 1;
const PNL: usize = 2;
const RETURNS: usize = 14;
const LEVERAGE: usize = 15;
const LONGS: usize = 17;
const SHORTS: usize = 18;

/// Value, cash, value and exposure of the positions.
#[derive(Clone)]
struct DayStart {
    value: Int,
    cash: Int,
    positions: Int,
    exposure: Int,
}

/// A day's start, as Python has it.
type Plain = (Number, Number, Number, Number);

/// What the next row is reckoned from, as Python has it.
type State = (Plain, Plain, Option<Plain>);

impl DayStart {
    fn plain(&self) -> Plain {
        let number = |value: &Int| Number(value.clone());
        (
            number(&self.value),
            number(&self.cash),
            number(&self.positions),
            number(&self.exposure),
        )
    }
}

impl From<Plain> for DayStart {
    fn from((value, cash, positions, exposure): Plain) -> DayStart {
        DayStart {
            value: value.0,
            cash: cash.0,
            positions: positions.0,
            exposure: exposure.0,
        }
    }
}

/// Since capital came or went within the session.
struct Within {
    /// What returns are taken on.
    base: Int,
    /// What it had grown by before, as a quotient.
    grown: (Int, Int),
    /// How much came.
    added: Int,
}

/// What the books come to at a close.
struct Close {
    cash: Int,
    value: (Int, Int),
    exposure: (Int, Int),
    longs: i64,
    shorts: i64,
}

/// The rows of the days of a run, and what the next is reckoned from.
#[pyclass(name = "Days", module = "rustybt._kernels._rustybt")]
pub struct PyDays {
    #[pyo3(get)]
    rows: Py<PyRows>,
    previous: DayStart,
    opening: DayStart,
    within: Option<Within>,
    /// Whether the account was worth less than nothing at some close, or had lost all that it had.
    #[pyo3(get)]
    ruined: bool,
}

#[pymethods]
impl PyDays {
    #[new]
    fn new(py: Python<'_>, capital: Number) -> PyResult<PyDays> {
        let start = DayStart {
            value: capital.0.clone(),
            cash: capital.0,
            positions: Int::ZERO,
            exposure: Int::ZERO,
        };
        Ok(PyDays {
            rows: Py::new(py, PyRows::of(KINDS)?)?,
            previous: start.clone(),
            opening: start,
            within: None,
            ruined: false,
        })
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.rows.borrow(py).len()
    }

    fn open(&mut self) {
        self.opening = self.previous.clone();
    }

    fn after_dividends(&mut self, paid: Number, in_shares: Number) {
        let (paid, in_shares) = (paid.0, in_shares.0);
        let from = self.opening.clone();
        self.opening = DayStart {
            value: from.value + &paid + &in_shares,
            cash: from.cash + &paid,
            positions: from.positions + &in_shares,
            exposure: from.exposure + &in_shares,
        };
    }

    fn capital_overnight(&mut self, amount: Number) {
        let from = self.previous.clone();
        self.previous.value = from.value + &amount.0;
        self.previous.cash = from.cash + &amount.0;
    }

    fn capital_within(&mut self, value: Number, amount: Number) {
        let (value, amount) = (value.0, amount.0);
        let before = self.within.take().unwrap_or_else(|| Within {
            base: self.previous.value.clone(),
            grown: (Int::ONE, Int::ONE),
            added: Int::ZERO,
        });
        let grown = match before.base == Int::ZERO {
            true => (Int::ZERO, Int::ONE),
            false => (before.grown.0 * &value, before.grown.1 * &before.base),
        };
        self.within = Some(Within {
            base: value + &amount,
            grown,
            added: before.added + &amount,
        });
    }

    fn take(&mut self, py: Python<'_>, session: i64, books: &Bound<'_, PyAny>) -> PyResult<()> {
        let close = match books.cast_exact::<PyBooks>() {
            Ok(books) => Close::of(books)?,
            Err(_) => Close::of_twin(books)?,
        };
        self.add(py, session, close);
        Ok(())
    }

    /// What the next row is reckoned from: what the session before ended with and this one began with, and what came
    /// within it. The rows are in `rows`.
    fn state(&self, py: Python<'_>) -> PyResult<State> {
        let within = |within: &Within| {
            let (numerator, denominator) = within.grown.clone();
            let grown = py
                .import("fractions")?
                .getattr("Fraction")?
                .call1((Number(numerator), Number(denominator)))?;
            PyResult::Ok((
                Number(within.base.clone()),
                grown.getattr("numerator")?.extract()?,
                grown.getattr("denominator")?.extract()?,
                Number(within.added.clone()),
            ))
        };
        let within = self.within.as_ref().map(within).transpose()?;
        Ok((self.previous.plain(), self.opening.plain(), within))
    }

    fn restore(&mut self, state: State) {
        let (previous, opening, within) = state;
        self.previous = DayStart::from(previous);
        self.opening = DayStart::from(opening);
        self.within = within.map(|(base, numerator, denominator, added)| Within {
            base: base.0,
            grown: (numerator.0, denominator.0),
            added: added.0,
        });
    }

    fn return_so_far(&self, value: Number) -> Number {
        Number(self.return_at(&value.0))
    }

    fn return_of(&self, py: Python<'_>, session: usize) -> PyResult<Number> {
        let rows = self.rows.borrow(py);
        let (returns, _, longer) = rows.wide(RETURNS)?;
        let none = || PyIndexError::new_err(format!("there is no session {session}"));
        let short = returns.get(session).ok_or_else(none)?;
        Ok(longer
            .get(&session)
            .cloned()
            .map_or_else(|| (*short).into(), Number))
    }

    fn frame(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        days: Vec<i32>,
        opens: PyBuffer<i64>,
        closes: PyBuffer<i64>,
        periods: u32,
    ) -> PyResult<Option<PyArrowFrame>> {
        let rows = self.rows.borrow(py);
        let stamps = (opens.to_vec(py)?, closes.to_vec(py)?);
        if stamps.0.len() != rows.len() || stamps.1.len() != rows.len() || days.len() != rows.len()
        {
            let wrong = format!("{} days, of which {} are asked for", rows.len(), days.len());
            return Err(PyValueError::new_err(wrong));
        }
        let mut builder = FrameBuilder {
            names: names.into_iter(),
            columns: Vec::new(),
        };
        let made = builder.daily(&rows, days, stamps, periods)?;
        if made && builder.names.next().is_some() {
            return Err(PyValueError::new_err("there are more names than columns"));
        }
        Ok(made.then(|| PyArrowFrame::of(rows.len(), builder.columns)))
    }
}

impl Close {
    fn of(books: &Bound<'_, PyBooks>) -> PyResult<Close> {
        let sides = asked(books, |books| books.long_and_short())?;
        let value = (sides.long_value, sides.short_value);
        let unsettled = books.borrow().books.has_unsettled();
        let exposure = match unsettled {
            false => value.clone(),
            true => asked(books, |books| books.long_and_short_exposure())?,
        };
        Ok(Close {
            cash: asked(books, |books| books.cash(None))?,
            value,
            exposure,
            longs: count(sides.longs),
            shorts: count(sides.shorts),
        })
    }

    /// The same of Python's books.
    fn of_twin(books: &Bound<'_, PyAny>) -> PyResult<Close> {
        let sides = books.call_method0("long_and_short")?;
        let (long, short, longs, shorts): (Number, Number, i64, i64) = sides.extract()?;
        let value = (long.0, short.0);
        let exposure = if books.call_method0("unsettled")?.is_truthy()? {
            let (long, short): (Number, Number) =
                books.call_method0("long_and_short_exposure")?.extract()?;
            (long.0, short.0)
        } else {
            value.clone()
        };
        let cash = books.call_method0("cash")?.extract::<Number>()?.0;
        Ok(Close {
            cash,
            value,
            exposure,
            longs,
            shorts,
        })
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl PyDays {
    fn add(&mut self, py: Python<'_>, session: i64, close: Close) {
        let positions = close.value.0.clone() + &close.value.1;
        let exposure = close.exposure.0.clone() + &close.exposure.1;
        let value = close.cash.clone() + &positions;
        let share = |money: Int| (value != Int::ZERO).then(|| quotient(money, &value));
        let gross = share(close.exposure.0.clone() - &close.exposure.1);
        let net = share(exposure.clone());
        let returns = self.return_at(&value);
        let added = self.within.take().map_or(Int::ZERO, |within| within.added);
        let pnl = value.clone() - &self.opening.value - &added;
        let used = close.cash.clone() - &self.previous.cash - &added;
        let left = returns.clone() + ONE;
        self.ruined |= value.is_negative() || left.is_negative() || left == Int::ZERO;
        self.rows
            .borrow_mut(py)
            .row()
            .short(session)
            .wide(&value)
            .wide(&pnl)
            .wide(&used)
            .wide(&self.opening.cash)
            .wide(&close.cash)
            .wide(&self.opening.positions)
            .wide(&positions)
            .wide(&self.opening.exposure)
            .wide(&exposure)
            .wide(&close.value.0)
            .wide(&close.value.1)
            .wide(&close.exposure.0)
            .wide(&close.exposure.1)
            .wide(&returns)
            .wide(gross.as_ref())
            .wide(net.as_ref())
            .short(close.longs)
            .short(close.shorts);
        self.previous = DayStart {
            value,
            cash: close.cash,
            positions,
            exposure,
        };
    }

    /// The session's return where the portfolio is worth so much.
    fn return_at(&self, value: &Int) -> Int {
        match &self.within {
            None => quotient(value.clone() - &self.previous.value, &self.previous.value),
            Some(Within { base, .. }) if *base == Int::ZERO => Int::ZERO,
            Some(Within { base, grown, .. }) => {
                let before = grown.1.clone() * base;
                quotient(grown.0.clone() * value - &before, &before)
            }
        }
    }
}

/// A ratio at scale 18; 0 of nothing.
fn quotient(part: Int, whole: &Int) -> Int {
    match (part, whole) {
        (_, whole) if *whole == Int::ZERO => Int::ZERO,
        (Int::Narrow(part), Int::Narrow(whole)) => ratio(part, *whole),
        (part, whole) => (part * ONE).div_half_even(whole),
    }
}

/// Makes the columns of the daily frame in their order.
struct FrameBuilder {
    names: std::vec::IntoIter<String>,
    columns: Vec<Column>,
}

impl FrameBuilder {
    fn name(&mut self) -> PyResult<String> {
        let none = || PyValueError::new_err("there are fewer names than columns");
        self.names.next().ok_or_else(none)
    }

    fn plain<T: Send + Sync + 'static>(&mut self, format: &str, values: Vec<T>) -> PyResult<()> {
        let column = whole(&self.name()?, format, values, Bits::default())?;
        self.columns.push(column);
        Ok(())
    }

    /// False where a number has more digits than a frame holds.
    fn exact(&mut self, values: Vec<i128>, there: Bits, scale: &str) -> PyResult<bool> {
        let column = decimals(&self.name()?, values, there, scale)?;
        let fits = column.is_some();
        self.columns.extend(column);
        Ok(fits)
    }

    fn figures(&mut self, values: &Figures) -> PyResult<bool> {
        let mut there = Bits::default();
        let mut narrow = Vec::with_capacity(values.len());
        for value in values {
            there.push(value.is_some());
            match value.as_ref().map_or(Some(0), Int::narrow) {
                Some(value) => narrow.push(value),
                None => return Ok(false),
            }
        }
        self.exact(narrow, there, "18")
    }

    /// All columns; false where one is left to Python.
    fn daily(
        &mut self,
        rows: &PyRows,
        days: Vec<i32>,
        stamps: (Vec<i64>, Vec<i64>),
        periods: u32,
    ) -> PyResult<bool> {
        let len = rows.len();
        let Some(months) = days
            .iter()
            .map(|day| month_of(*day))
            .collect::<Option<Vec<_>>>()
        else {
            return Ok(false);
        };
        let mut wide = Vec::new();
        for place in MONEY.start..RATIOS.end {
            let (values, there, longer) = rows.wide(place)?;
            if !longer.is_empty() {
                return Ok(false);
            }
            wide.push((values, there));
        }
        let of = |place: usize| wide[place - MONEY.start];
        let sessions = Sessions {
            values: of(VALUE).0,
            pnl: of(PNL).0,
            returns: of(RETURNS).0,
            periods: periods.into(),
        };
        let Some(found) = expanding(&sessions) else {
            return Ok(false);
        };
        self.plain("tdD", days)?;
        self.plain("tsn:UTC", stamps.0)?;
        self.plain("tsn:UTC", stamps.1)?;
        for place in MONEY.start..RATIOS.end {
            let scale = if MONEY.contains(&place) { "20" } else { "18" };
            let (values, there) = of(place);
            if !self.exact(values.to_vec(), there.clone(), scale)? {
                return Ok(false);
            }
        }
        self.plain("l", rows.short(LONGS)?.0.to_vec())?;
        self.plain("l", rows.short(SHORTS)?.0.to_vec())?;
        let highest = running_maximum(of(LEVERAGE));
        let measured = [
            found.period_return,
            found.volatility,
            found.sharpe,
            found.sortino,
            found.max_drawdown,
            highest,
        ];
        for figures in measured.iter().chain(&without_benchmark(len)) {
            if !self.figures(figures)? {
                return Ok(false);
            }
        }
        self.plain("l", (1..=count(len)).collect())?;
        let labels = labels(months);
        let column = texts(&self.name()?, &labels.0, &labels.1)?;
        self.columns.push(column);
        Ok(true)
    }
}

/// None before the first value; an account that owes more than it has brings none above 0.
fn running_maximum((values, there): (&[i128], &Bits)) -> Figures {
    let mut highest: Option<i128> = None;
    let so_far = |(row, value): (usize, &i128)| {
        if there.get(row) {
            highest = Some(highest.unwrap_or(0).max(*value));
        }
        highest.map(Int::from)
    };
    values.iter().enumerate().map(so_far).collect()
}

/// Without a benchmark its return and its volatility are 0, and there is no alpha and no beta; then the two columns
/// that are always 0.
fn without_benchmark(len: usize) -> [Figures; 6] {
    let zeros = vec![Some(Int::ZERO); len];
    let mut from_the_second = zeros.clone();
    if let Some(first) = from_the_second.first_mut() {
        *first = None;
    }
    let nothing = vec![None; len];
    [
        zeros.clone(),
        from_the_second,
        nothing.clone(),
        nothing,
        zeros.clone(),
        zeros,
    ]
}

/// Year and month of a day since 1970, of years of four digits.
fn month_of(day: i32) -> Option<(i64, i64)> {
    // days of eras of 400 years that begin in March; the leap day is the last of its year
    let since = i64::from(day) + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (1000..10_000).contains(&year).then_some((year, month))
}

/// Every month that occurs as text, and the place of that of each day.
fn labels(months: Vec<(i64, i64)>) -> (Texts, Vec<u32>) {
    let mut places = HashMap::new();
    let mut all = Texts::default();
    let mut codes = Vec::with_capacity(months.len());
    for (year, month) in months {
        let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let place = *places.entry((year, month)).or_insert(next);
        if place == next {
            all.add(format!("{year}-{month:02}").as_bytes());
        }
        codes.push(place);
    }
    (all, codes)
}
