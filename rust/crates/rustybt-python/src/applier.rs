//! Reports to open orders, applied in one call: the order changes, leaves an event, and its queue.
//!
//! It does what `OrderBook.apply` would, for what `rustybt_kernels::life` knows; the rest it leaves to that.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use rustybt_kernels::int::Int;
use rustybt_kernels::life::{Change, OPEN, fits};

use crate::number::Number;
use crate::order::{PyOrder, PyOrderStore};
use crate::rows::PyRows;
use crate::wake::PyWake;

/// `Cause.STOP_REACHED` and `Cause.LIMIT_REACHED`.
const STOP_REACHED: i64 = 8;
const LIMIT_REACHED: i64 = 9;

/// The places of a `rustybt.core.Report`.
mod place {
    pub const ORDER: usize = 0;
    pub const KIND: usize = 1;
    pub const STAMP: usize = 2;
    pub const QUANTITY: usize = 3;
    pub const PRICE: usize = 4;
    pub const STOP: usize = 5;
    pub const FEES: usize = 6;
    pub const CAUSE: usize = 7;
    pub const RATIO: usize = 8;
    pub const TOLD: usize = 9;
    pub const DATED: usize = 10;
    pub const TERMS: usize = 12;
}

/// The kinds of reports that it applies, as the constructor gets them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Filled,
    PartiallyFilled,
    NotFilled,
    Triggered,
    Cancelled,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Filled, "filled"),
    (Kind::PartiallyFilled, "partially_filled"),
    (Kind::NotFilled, "not_filled"),
    (Kind::Triggered, "triggered"),
    (Kind::Cancelled, "cancelled"),
];

/// An event of an order, but for what splits say.
pub struct Event<'a> {
    pub number: i64,
    pub stamp: i64,
    pub kind: &'a str,
    pub quantity: &'a Int,
    pub price: Option<&'a Int>,
    pub stop: Option<&'a Int>,
    pub cause: Option<&'a str>,
    pub told: Option<&'a str>,
}

impl Event<'_> {
    /// Adds it as a row.
    pub fn log(&self, events: &mut PyRows) {
        events
            .row()
            .short(self.number)
            .short(self.stamp)
            .text(self.kind)
            .wide(self.quantity)
            .wide(self.price)
            .wide(self.stop)
            .text(self.cause)
            .text(None)
            .text(self.told);
    }
}

/// Applies reports to the orders of a book.
#[pyclass(name = "Applier", module = "rustybt._kernels._rustybt", frozen)]
pub struct PyApplier {
    store: Py<PyOrderStore>,
    wake: Py<PyWake>,
    kinds: Vec<Py<PyAny>>,
    labels: Vec<String>,
}

#[pymethods]
impl PyApplier {
    #[new]
    fn new(
        store: Py<PyOrderStore>,
        wake: Py<PyWake>,
        kinds: Vec<Py<PyAny>>,
        labels: Vec<String>,
    ) -> PyApplier {
        PyApplier {
            store,
            wake,
            kinds,
            labels,
        }
    }

    /// Applies a report. Returns its order; None, with nothing done, where it is Python's to apply.
    pub fn apply<'py>(
        &self,
        py: Python<'py>,
        report: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyOrder>>> {
        let Some(kind) = self.kind_of(report)? else {
            return Ok(None);
        };
        let number = report.get_borrowed_item(place::ORDER)?.extract()?;
        let shown = self.store.bind(py).borrow().shown(py, number);
        let Ok(shown) = shown else {
            return Ok(None);
        };
        let mut order = shown.borrow_mut();
        if order.status != OPEN || !self.advance(kind, report, &mut order)? {
            return Ok(None);
        }
        let (slot, over) = (order.slot, order.status != OPEN);
        drop(order);
        if kind != Kind::NotFilled {
            self.log(py, kind, report, number)?;
        }
        if over {
            self.dequeue(py, &shown)?;
        } else if kind == Kind::Triggered {
            self.wake.bind(py).borrow_mut().forget(slot, number);
        }
        Ok(Some(shown))
    }
}

impl PyApplier {
    /// The orders of the bar that wakes them, by asset.
    pub fn awake<'py>(&self, py: Python<'py>, bar: usize) -> PyResult<Vec<Bound<'py, PyList>>> {
        let open = self.store.bind(py).borrow().queues(py);
        self.wake.bind(py).borrow().awake(py, bar, &open)
    }

    /// Takes an order that is over out of its queue.
    pub fn dequeue(&self, py: Python<'_>, order: &Bound<'_, PyOrder>) -> PyResult<()> {
        let (slot, number) = {
            let order = order.borrow();
            (order.slot, order.number)
        };
        let open = self.store.bind(py).borrow().queues(py);
        let Some(queue) = open.get_item(slot)? else {
            return Ok(());
        };
        let queue = queue.cast_into::<PyList>()?;
        let Some(place) = queue.iter().position(|other| other.is(order)) else {
            return Ok(());
        };
        if queue.len() == 1 {
            open.del_item(slot)?;
        } else {
            queue.del_item(place)?;
        }
        self.wake.bind(py).borrow_mut().forget(slot, number);
        Ok(())
    }

    /// What it is, where this applies it: no split, no terms.
    fn kind_of(&self, report: &Bound<'_, PyTuple>) -> PyResult<Option<Kind>> {
        let said = report.get_borrowed_item(place::KIND)?;
        let plain = report.get_borrowed_item(place::RATIO)?.is_none()
            && report.get_borrowed_item(place::TERMS)?.is_none();
        let known = self.kinds.iter().position(|kind| said.is(kind));
        Ok(known.filter(|_| plain).map(|place| KINDS[place].0))
    }

    /// Changes an order; false, with nothing done, where the report can't be of it.
    fn advance(
        &self,
        kind: Kind,
        report: &Bound<'_, PyTuple>,
        order: &mut PyOrder,
    ) -> PyResult<bool> {
        let stamp: i64 = report.get_borrowed_item(place::STAMP)?.extract()?;
        let dated: bool = report.get_borrowed_item(place::DATED)?.extract()?;
        let stamp = dated.then_some(stamp);
        let cause: Option<i64> = report.get_borrowed_item(place::CAUSE)?.extract()?;
        let limited = order.limit.is_some();
        match (kind, cause) {
            (Kind::Filled | Kind::PartiallyFilled, _) => {
                let quantity: Number = report.get_borrowed_item(place::QUANTITY)?.extract()?;
                let whole = kind == Kind::Filled;
                if !fits(&order.amount.0, &order.filled.0, &quantity.0, whole) {
                    return Ok(false);
                }
                let fee = fees(report)?;
                order
                    .life()
                    .advance(Change::Filled(&quantity.0, &fee), stamp);
            }
            (Kind::NotFilled, cause) => {
                let change = Change::NotFilled(cause.unwrap_or(0));
                order.life().advance(change, stamp);
            }
            (Kind::Triggered, Some(LIMIT_REACHED)) => {
                order.life().advance(Change::LimitReached, stamp);
            }
            (Kind::Triggered, Some(STOP_REACHED)) => {
                order.life().advance(Change::StopReached { limited }, stamp);
            }
            (Kind::Triggered, _) => return Ok(false),
            (Kind::Cancelled, cause) => {
                let change = Change::Cancelled(cause.unwrap_or(0));
                order.reason = report.get_borrowed_item(place::TOLD)?.extract()?;
                order.life().advance(change, stamp);
            }
        }
        Ok(true)
    }

    fn log(
        &self,
        py: Python<'_>,
        kind: Kind,
        report: &Bound<'_, PyTuple>,
        number: i64,
    ) -> PyResult<()> {
        let quantity: Number = report.get_borrowed_item(place::QUANTITY)?.extract()?;
        let price: Option<Number> = report.get_borrowed_item(place::PRICE)?.extract()?;
        let stop: Option<Number> = report.get_borrowed_item(place::STOP)?.extract()?;
        let cause: Option<usize> = report.get_borrowed_item(place::CAUSE)?.extract()?;
        let told = report.get_borrowed_item(place::TOLD)?;
        let events = self.store.bind(py).borrow().events.clone_ref(py);
        Event {
            number,
            stamp: report.get_borrowed_item(place::STAMP)?.extract()?,
            kind: KINDS[kind as usize].1,
            quantity: &quantity.0,
            price: price.as_ref().map(|price| &price.0),
            stop: stop.as_ref().map(|stop| &stop.0),
            cause: cause.and_then(|cause| self.labels.get(cause).map(String::as_str)),
            told: told.extract::<Option<&str>>()?,
        }
        .log(&mut events.bind(py).borrow_mut());
        Ok(())
    }
}

/// What the fees of a fill add up to.
fn fees(report: &Bound<'_, PyTuple>) -> PyResult<Int> {
    let mut all = Int::ZERO;
    for fee in report
        .get_borrowed_item(place::FEES)?
        .cast::<PyTuple>()?
        .iter()
    {
        let amount: Number = fee.cast::<PyTuple>()?.get_borrowed_item(1)?.extract()?;
        all = all + &amount.0;
    }
    Ok(all)
}
