//! `Books` and `whole_steps` for Python: converts, and turns refusals into the errors of `rustybt.errors`.

use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rustybt_kernels::books::{Books, Refusal, Scales};
use rustybt_kernels::int::Int;
use rustybt_kernels::sizing;

use crate::number::Number;
use crate::rows::PyRows;
use crate::series::PySeries;

/// Cash and positions of accounts in one or several currencies, marked on a series of prices per asset.
#[pyclass(name = "Books", module = "rustybt._kernels._rustybt")]
pub struct PyBooks {
    pub(crate) books: Books<PySeries>,
    marks: Vec<Py<PyAny>>,
    /// What is asked for a rate that was not set.
    rates: Option<Py<PyAny>>,
}

/// What was booked, as Python has it: pockets, the bar, positions, what is settled.
type State = (
    Vec<(Number, bool)>,
    usize,
    Vec<(usize, Number, Number)>,
    Vec<(usize, Number)>,
);

#[pymethods]
impl PyBooks {
    #[new]
    fn new() -> PyBooks {
        PyBooks {
            books: Books::default(),
            marks: Vec::new(),
            rates: None,
        }
    }

    #[getter]
    fn bar(&self) -> usize {
        self.books.bar()
    }

    fn open_pocket(
        &mut self,
        py: Python<'_>,
        account: &str,
        currency: &str,
        cash: Number,
    ) -> PyResult<usize> {
        match self.books.open_pocket(account, currency, &cash.0) {
            Err(Refusal::Open) => Err(told(py, "refused_pocket", (account, currency))),
            done => self.or_raise(py, done),
        }
    }

    fn pocket(&self, account: &str, currency: &str) -> Option<usize> {
        self.books.pocket(account, currency)
    }

    fn pockets(&self) -> Vec<(&str, &str)> {
        self.books.pockets().collect()
    }

    fn used(&self) -> Vec<usize> {
        self.books.used()
    }

    #[expect(clippy::too_many_arguments)] // the twin's signature
    #[pyo3(signature = (pocket, marks, mark_scale, fill_scale, quantity_scale, step, multiplier, multiplier_scale, daily_settled=false))]
    fn open_slot(
        &mut self,
        pocket: usize,
        marks: &Bound<'_, PyAny>,
        mark_scale: &Bound<'_, PyAny>,
        fill_scale: &Bound<'_, PyAny>,
        quantity_scale: &Bound<'_, PyAny>,
        step: &Bound<'_, PyAny>,
        multiplier: &Bound<'_, PyAny>,
        multiplier_scale: &Bound<'_, PyAny>,
        daily_settled: bool,
    ) -> PyResult<usize> {
        let scales = (
            mark_scale,
            fill_scale,
            quantity_scale,
            step,
            multiplier,
            multiplier_scale,
        );
        static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CHECK
            .import(marks.py(), "rustybt._kernels._slot", "check_slot")?
            .call1((
                marks, scales.0, scales.1, scales.2, scales.3, scales.4, scales.5,
            ))?;
        let scales = Scales {
            mark: mark_scale.extract()?,
            fill: fill_scale.extract()?,
            quantity: quantity_scale.extract()?,
            step: step.extract::<Number>()?.0,
            multiplier: multiplier.extract::<Number>()?.0,
            multiplier_scale: multiplier_scale.extract()?,
            daily_settled,
        };
        let slot = self.books.open_slot(pocket, PySeries::new(marks)?, scales);
        let slot = self.or_raise(marks.py(), slot)?;
        self.marks.push(marks.clone().unbind());
        Ok(slot)
    }

    fn pocket_of(&self, py: Python<'_>, slot: usize) -> PyResult<usize> {
        self.or_raise(py, self.books.pocket_of(slot))
    }

    fn use_rates(&mut self, rates: Py<PyAny>) {
        self.rates = Some(rates);
        self.books.forget_rates();
    }

    fn set_rate(
        &mut self,
        py: Python<'_>,
        pocket: usize,
        numerator: Number,
        denominator: Number,
    ) -> PyResult<()> {
        let foreign = self.or_raise(py, self.books.is_foreign(pocket))?;
        let currency = self.currency(pocket);
        static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CHECK
            .import(py, "rustybt._kernels._pocket", "check_rate")?
            .call1((currency, foreign, numerator.clone(), denominator.clone()))?;
        let done = self.books.set_rate(pocket, numerator.0, denominator.0);
        self.or_raise(py, done)
    }

    fn rate(slf: &Bound<'_, Self>, pocket: usize) -> PyResult<(Number, Number)> {
        asked(slf, |books| {
            let (numerator, denominator) = books.rate(pocket)?;
            Ok((Number(numerator.clone()), Number(denominator.clone())))
        })
    }

    fn in_base(slf: &Bound<'_, Self>, pocket: usize, amount: Number) -> PyResult<Number> {
        asked(slf, |books| books.in_base(pocket, amount.0.clone())).map(Number)
    }

    fn seek(&mut self, bar: i64) -> PyResult<()> {
        let bar = usize::try_from(bar)
            .map_err(|_| PyIndexError::new_err(format!("there is no bar {bar}")))?;
        self.books.seek(bar);
        Ok(())
    }

    fn mark(&self, py: Python<'_>, slot: usize) -> PyResult<Number> {
        self.or_raise(py, self.books.mark(slot)).map(Number)
    }

    fn override_mark(&mut self, py: Python<'_>, slot: usize, price: Number) -> PyResult<()> {
        let done = self.books.override_mark(slot, price.0);
        self.or_raise(py, done)
    }

    fn clear_overrides(&mut self) {
        self.books.clear_overrides();
    }

    fn notional(
        &self,
        py: Python<'_>,
        slot: usize,
        quantity: Number,
        price: Number,
    ) -> PyResult<Number> {
        self.or_raise(py, self.books.notional(slot, quantity.0, &price.0))
            .map(Number)
    }

    fn fill(
        &mut self,
        py: Python<'_>,
        slot: usize,
        quantity: Number,
        price: Number,
    ) -> PyResult<Number> {
        let done = self.books.fill(slot, quantity.0, &price.0);
        self.or_raise(py, done).map(Number)
    }

    fn charge(&mut self, py: Python<'_>, slot: usize, amount: Number) -> PyResult<()> {
        let done = self.books.charge(slot, &amount.0);
        self.or_raise(py, done)
    }

    fn post(&mut self, py: Python<'_>, pocket: usize, amount: Number) -> PyResult<()> {
        let done = self.books.post(pocket, &amount.0);
        self.or_raise(py, done)
    }

    fn transfer(
        &mut self,
        py: Python<'_>,
        from_: usize,
        amount: Number,
        to: usize,
        received: Number,
    ) -> PyResult<()> {
        let done = self.books.transfer(from_, &amount.0, to, &received.0);
        self.or_raise(py, done)
    }

    fn unsettled(&self) -> Vec<usize> {
        self.books.unsettled()
    }

    fn variation_margin(&self, py: Python<'_>, pocket: usize) -> PyResult<Number> {
        self.or_raise(py, self.books.variation_margin(pocket))
            .map(Number)
    }

    fn settle(&mut self, py: Python<'_>, slot: usize) -> PyResult<Number> {
        let done = self.books.settle(slot);
        self.or_raise(py, done).map(Number)
    }

    fn set_position(
        &mut self,
        py: Python<'_>,
        slot: usize,
        quantity: Number,
        cost: Number,
    ) -> PyResult<()> {
        let done = self.books.set_position(slot, &quantity.0, &cost.0);
        self.or_raise(py, done)
    }

    fn held(&self) -> Vec<usize> {
        self.books.held().to_vec()
    }

    fn position(&self, py: Python<'_>, slot: usize) -> PyResult<(Number, Number)> {
        let (quantity, cost) = self.or_raise(py, self.books.position(slot))?;
        Ok((quantity.into(), cost.into()))
    }

    fn state(&self, py: Python<'_>) -> PyResult<State> {
        let positions = self.books.positions().map(|position| {
            let held = self.or_raise(py, position)?;
            Ok((held.slot, held.quantity.into(), held.cost.into()))
        });
        let pockets = self.books.posted_of_all();
        let settled = self.books.settled();
        Ok((
            pockets
                .map(|(posted, used)| (posted.into(), used))
                .collect(),
            self.books.bar(),
            positions.collect::<PyResult<_>>()?,
            settled
                .map(|(slot, amount)| (slot, amount.into()))
                .collect(),
        ))
    }

    fn restore(&mut self, py: Python<'_>, state: State) -> PyResult<()> {
        let (pockets, bar, positions, settled) = state;
        let pockets: Vec<_> = pockets.into_iter().map(|(p, used)| (p.0, used)).collect();
        let positions: Vec<_> = positions
            .into_iter()
            .map(|(s, q, c)| (s, q.0, c.0))
            .collect();
        let settled: Vec<_> = settled.into_iter().map(|(s, a)| (s, a.0)).collect();
        let done = self.books.restore(&pockets, &positions, &settled);
        self.or_raise(py, done)?;
        self.books.seek(bar);
        Ok(())
    }

    fn write_positions(&self, py: Python<'_>, rows: &mut PyRows) -> PyResult<()> {
        for position in self.books.positions() {
            let position = self.or_raise(py, position)?;
            rows.row()
                .short(i64::try_from(position.slot).ok())
                .wide(&Int::from(position.quantity))
                .wide(&Int::from(position.cost));
        }
        Ok(())
    }

    fn posted(&self, py: Python<'_>, pocket: usize) -> PyResult<Number> {
        self.or_raise(py, self.books.posted(pocket))
            .map(Number::from)
    }

    #[pyo3(signature = (pocket=None))]
    fn cash(slf: &Bound<'_, Self>, pocket: Option<usize>) -> PyResult<Number> {
        asked(slf, |books| match pocket {
            Some(pocket) => books.cash_of(pocket),
            None => books.cash(None),
        })
        .map(Number)
    }

    fn exposure(slf: &Bound<'_, Self>, slot: usize) -> PyResult<Number> {
        asked(slf, |books| books.exposure(slot)).map(Number)
    }

    fn market_value(slf: &Bound<'_, Self>, slot: usize) -> PyResult<Number> {
        asked(slf, |books| books.market_value(slot)).map(Number)
    }

    #[pyo3(signature = (account=None))]
    fn positions_value(slf: &Bound<'_, Self>, account: Option<&str>) -> PyResult<Number> {
        let account = place_of(slf, account)?;
        asked(slf, |books| books.positions_value(account)).map(Number::from)
    }

    #[pyo3(signature = (account=None))]
    fn equity(slf: &Bound<'_, Self>, account: Option<&str>) -> PyResult<Number> {
        let account = place_of(slf, account)?;
        asked(slf, |books| books.equity(account)).map(Number)
    }

    fn long_and_short(slf: &Bound<'_, Self>) -> PyResult<(Number, Number, usize, usize)> {
        let sides = asked(slf, |books| books.long_and_short())?;
        Ok((
            Number(sides.long_value),
            Number(sides.short_value),
            sides.longs,
            sides.shorts,
        ))
    }

    fn long_and_short_exposure(slf: &Bound<'_, Self>) -> PyResult<(Number, Number)> {
        let (long, short) = asked(slf, |books| books.long_and_short_exposure())?;
        Ok((Number(long), Number(short)))
    }

    fn size_of_value(
        slf: &Bound<'_, Self>,
        slot: usize,
        money: Number,
        money_scale: u32,
        price: Number,
        target: bool,
    ) -> PyResult<Number> {
        asked(slf, |books| {
            books.size_of_value(slot, &money.0, money_scale, &price.0, target)
        })
        .map(Number)
    }

    fn size_of_weight(
        slf: &Bound<'_, Self>,
        slot: usize,
        weight: Number,
        weight_scale: u32,
        price: Number,
        target: bool,
    ) -> PyResult<Number> {
        asked(slf, |books| {
            books.size_of_weight(slot, &weight.0, weight_scale, &price.0, target)
        })
        .map(Number)
    }
}

/// Asks the books; a rate that they lack is first looked up in the table, while nothing else holds them.
#[inline]
pub(crate) fn asked<T>(
    books: &Bound<'_, PyBooks>,
    ask: impl Fn(&mut Books<PySeries>) -> Result<T, Refusal>,
) -> PyResult<T> {
    loop {
        let mut inner = books.borrow_mut();
        match ask(&mut inner.books) {
            Ok(found) => return Ok(found),
            Err(Refusal::Rate(pocket)) => {
                drop(inner);
                look_up_rate(books, pocket)?;
            }
            Err(refusal) => return inner.or_raise(books.py(), Err(refusal)),
        }
    }
}

#[cold]
fn look_up_rate(books: &Bound<'_, PyBooks>, pocket: usize) -> PyResult<()> {
    let py = books.py();
    let (currency, bar, rates) = {
        let inner = books.borrow();
        let rates = inner.rates.as_ref().map(|rates| rates.clone_ref(py));
        (inner.currency(pocket), inner.books.bar(), rates)
    };
    let Some(rates) = rates else {
        return Err(told(py, "no_rate", (currency, bar)));
    };
    let rate = rates.bind(py).call1((currency, bar))?;
    let (numerator, denominator): (Number, Number) = rate.extract()?;
    let mut inner = books.borrow_mut();
    let done = inner.books.set_rate(pocket, numerator.0, denominator.0);
    inner.or_raise(py, done)
}

fn place_of(books: &Bound<'_, PyBooks>, account: Option<&str>) -> PyResult<Option<usize>> {
    let Some(name) = account else {
        return Ok(None);
    };
    match books.borrow().books.account(name) {
        Some(place) => Ok(Some(place)),
        None => Err(told(books.py(), "unknown_account", (name,))),
    }
}

impl PyBooks {
    fn currency(&self, pocket: usize) -> String {
        let found = self.books.pockets().nth(pocket);
        found.map_or_else(String::new, |(_, currency)| currency.to_owned())
    }
    /// Whether there is no position of a slot.
    pub(crate) fn holds_none(&self, py: Python<'_>, slot: usize) -> PyResult<bool> {
        let (quantity, _) = self.or_raise(py, self.books.position(slot))?;
        Ok(quantity == 0)
    }

    #[inline]
    pub(crate) fn or_raise<T>(&self, py: Python<'_>, done: Result<T, Refusal>) -> PyResult<T> {
        done.map_err(|refusal| match refusal {
            // Python's own words, which differ between the kinds of series
            Refusal::Price(slot) => raised(self.marks[slot].bind(py).get_item(self.books.bar())),
            Refusal::Itself(pocket) => {
                let names = self.books.pockets().nth(pocket).unwrap_or_default();
                told(py, "refused_transfer", names)
            }
            other => money_error(py, other),
        })
    }
}

/// A size in whole steps: cut towards zero, but up to the next step where it is within 1/10,000 of it.
#[pyfunction]
pub fn whole_steps(py: Python<'_>, numerator: Number, denominator: Number) -> PyResult<Number> {
    let steps = sizing::whole_steps(&numerator.0, &denominator.0);
    steps
        .map(Number)
        .map_err(|zero| money_error(py, zero.into()))
}

#[cold]
fn money_error(py: Python<'_>, refusal: Refusal) -> PyErr {
    match refusal {
        Refusal::Money(amount) => {
            static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let check = CHECK.import(py, "rustybt.core", "check_money");
            raised(check.and_then(|check| check.call1((Number(amount),))))
        }
        Refusal::ZeroPrice => raised(
            Number(Int::ONE)
                .into_pyobject(py)
                .and_then(|one| one.floor_div(0)),
        ),
        _ => PyIndexError::new_err("list index out of range"),
    }
}

/// The error that a function beside the twin's pockets makes.
#[cold]
fn told<'py>(py: Python<'py>, maker: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let made = py
        .import("rustybt._kernels._pocket")
        .and_then(|module| module.getattr(maker))
        .and_then(|maker| maker.call1(arguments));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// The error of a call that is made for its error.
fn raised<T>(done: PyResult<T>) -> PyErr {
    match done {
        Err(error) => error,
        Ok(_) => PyIndexError::new_err("the books refused what Python allows: please report it"),
    }
}
