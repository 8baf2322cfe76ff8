//! An order at work: the twin of `rustybt/_kernels/_order.py`.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

use rustybt_kernels::int::Int;
use rustybt_kernels::life::{FILLED, Life, OPEN};

use crate::applier::Event;
use crate::number::Number;
use crate::rows::PyRows;

/// What the order book and the broker know of an order.
#[pyclass(name = "WorkingOrder", module = "rustybt._kernels._rustybt")]
pub struct PyOrder {
    #[pyo3(get)]
    pub number: i64,
    #[pyo3(get)]
    pub instrument: Py<PyAny>,
    pub slot: usize,
    #[pyo3(get, set)]
    pub amount: Number,
    #[pyo3(get, set)]
    pub filled: Number,
    /// Its terms where they say more than limit and stop: Python's garbage collector looks through what is kept.
    #[pyo3(get)]
    more: Option<Py<PyAny>>,
    #[pyo3(get)]
    pub limit: Option<Number>,
    #[pyo3(get, set)]
    pub limit_reached: bool,
    #[pyo3(get)]
    pub stop: Option<Number>,
    #[pyo3(get, set)]
    pub stop_reached: bool,
    #[pyo3(get)]
    pub is_market: bool,
    #[pyo3(get, set)]
    pub commission: Number,
    #[pyo3(get, set)]
    pub units_charged: Number,
    #[pyo3(get)]
    pub created: i64,
    #[pyo3(get, set)]
    pub changed: i64,
    pub status: usize,
    #[pyo3(get, set)]
    pub reason: Option<String>,
    #[pyo3(get, set)]
    pub cause: i64,
}

/// What statuses and causes are called, by their numbers.
struct Words {
    names: Vec<String>,
    labels: Vec<String>,
    sentences: Vec<String>,
    /// By number, the causes of open orders as of now.
    why: HashMap<i64, i64>,
}

/// `rustybt.core.OrderStatus` by value.
fn statuses(py: Python<'_>) -> PyResult<&Vec<Py<PyAny>>> {
    static MEMBERS: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
    MEMBERS.get_or_try_init(py, || {
        let kinds = py.import("rustybt.core")?.getattr("OrderStatus")?;
        kinds.try_iter()?.map(|kind| Ok(kind?.unbind())).collect()
    })
}

/// `rustybt.core.OrderTerms`, and what those of a market order say after limit and stop.
fn order_terms(py: Python<'_>) -> PyResult<&(Py<PyAny>, Py<PyTuple>)> {
    static KIND: PyOnceLock<(Py<PyAny>, Py<PyTuple>)> = PyOnceLock::new();
    KIND.get_or_try_init(py, || {
        let core = py.import("rustybt.core")?;
        let market = core.getattr("MARKET_TERMS")?.cast_into::<PyTuple>()?;
        let rest = market.get_slice(2, market.len());
        Ok((core.getattr("OrderTerms")?.unbind(), rest.unbind()))
    })
}

#[pymethods]
impl PyOrder {
    #[new]
    fn new(
        number: i64,
        instrument: Bound<'_, PyAny>,
        amount: Number,
        terms: Option<Bound<'_, PyAny>>,
        created: i64,
    ) -> PyResult<PyOrder> {
        let slot = instrument.getattr("slot")?.extract()?;
        let instrument = instrument.unbind();
        PyOrder::of(number, instrument, slot, amount, created).with(terms)
    }

    #[pyo3(signature = (instrument=None))]
    fn copy(&self, py: Python<'_>, instrument: Option<Py<PyAny>>) -> PyOrder {
        PyOrder {
            instrument: instrument.unwrap_or_else(|| self.instrument.clone_ref(py)),
            amount: self.amount.clone(),
            filled: self.filled.clone(),
            more: self.more.as_ref().map(|terms| terms.clone_ref(py)),
            limit: self.limit.clone(),
            stop: self.stop.clone(),
            commission: self.commission.clone(),
            units_charged: self.units_charged.clone(),
            reason: self.reason.clone(),
            ..*self
        }
    }

    #[getter]
    fn terms<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(match &self.more {
            Some(terms) => Some(terms.bind(py).clone()),
            None if self.is_market => None,
            None => {
                let prices = (self.limit.clone(), self.stop.clone());
                Some(order_terms(py)?.0.bind(py).call1(prices)?)
            }
        })
    }

    #[setter]
    fn set_terms(&mut self, terms: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let (mut limit, mut stop, mut more) = (None, None, None);
        self.is_market = terms.is_none();
        if let Some(terms) = terms {
            let said = terms.cast::<PyTuple>()?;
            limit = said.get_borrowed_item(0)?.extract::<Option<Number>>()?;
            stop = said.get_borrowed_item(1)?.extract::<Option<Number>>()?;
            let market = order_terms(terms.py())?.1.bind(terms.py());
            for (one, other) in said.iter_borrowed().skip(2).zip(market.iter_borrowed()) {
                // the members of enums and what else stands there are the same objects, as a rule
                if !one.is(other) && one.ne(other)? {
                    more = Some(terms.clone().unbind());
                    break;
                }
            }
        }
        (self.limit, self.stop, self.more) = (limit, stop, more);
        Ok(())
    }

    #[getter]
    fn status(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(statuses(py)?[self.status].clone_ref(py))
    }

    #[setter]
    fn set_status(&mut self, status: usize) {
        self.status = status;
    }
}

impl PyOrder {
    /// A market order that nothing has happened to.
    fn of(
        number: i64,
        instrument: Py<PyAny>,
        slot: usize,
        amount: Number,
        created: i64,
    ) -> PyOrder {
        PyOrder {
            number,
            instrument,
            slot,
            amount,
            filled: Number(Int::ZERO),
            is_market: true,
            more: None,
            limit: None,
            limit_reached: false,
            stop: None,
            stop_reached: false,
            commission: Number(Int::ZERO),
            units_charged: Number(Int::ZERO),
            created,
            changed: created,
            status: 0,
            reason: None,
            cause: 0,
        }
    }

    /// What changes of it during its life.
    pub fn life(&mut self) -> Life<'_> {
        Life {
            amount: &self.amount.0,
            filled: &mut self.filled.0,
            commission: &mut self.commission.0,
            units_charged: &mut self.units_charged.0,
            limit_reached: &mut self.limit_reached,
            stop_reached: &mut self.stop_reached,
            status: &mut self.status,
            cause: &mut self.cause,
            changed: &mut self.changed,
        }
    }

    /// The same order on terms.
    fn with(mut self, terms: Option<Bound<'_, PyAny>>) -> PyResult<PyOrder> {
        if terms.is_some() {
            self.set_terms(terms)?;
        }
        Ok(self)
    }

    /// Where it stands among all orders of a run.
    fn place(&self) -> PyResult<usize> {
        Ok(usize::try_from(self.number - 1)?)
    }

    /// Adds it as a row: slot, created, amount, filled, limit, stop, status, commission, changed, cause, reason.
    fn write(&self, rows: &mut PyRows, words: &Words) {
        let open = self.status == OPEN;
        let why = open.then(|| words.why.get(&self.number).copied()).flatten();
        let cause = usize::try_from(why.unwrap_or(self.cause)).unwrap_or(usize::MAX);
        let label = (self.status != FILLED).then(|| words.labels.get(cause));
        let sentence = || open.then(|| words.sentences.get(cause))?;
        let reason = self.reason.as_deref();
        rows.row()
            .short(i64::try_from(self.slot).ok())
            .short(self.created)
            .wide(&self.amount.0)
            .wide(&self.filled.0)
            .wide(self.limit.as_ref().map(|limit| &limit.0))
            .wide(self.stop.as_ref().map(|stop| &stop.0))
            .text(words.names.get(self.status).map(String::as_str))
            .wide(&self.commission.0)
            .short(self.changed)
            .text(label.flatten().map(String::as_str))
            .text(reason.or_else(|| sentence().map(String::as_str)));
    }
}

/// Takes orders in: each gets its number, stands last in its asset's queue, and leaves an event.
///
/// A market order that Rust places and fills, whole, before Python looks at it never becomes an object: it stands in
/// `orders` as None until somebody asks, and while such orders wait one key in `open` says that they are there.
#[pyclass(name = "OrderStore", module = "rustybt._kernels._rustybt")]
pub struct PyOrderStore {
    orders: Py<PyList>,
    open: Py<PyDict>,
    pub events: Py<PyRows>,
    /// Placed, without an object in Python yet.
    deferred: Vec<PyOrder>,
    /// Filled before they had an object, as they came.
    filled: Vec<Vec<PyOrder>>,
}

/// The key in `open` while deferred orders wait: placed by Rust, without an object in Python yet. No slot is below zero.
const DEFERRED: i64 = -1;

#[pymethods]
impl PyOrderStore {
    #[new]
    fn new(orders: Py<PyList>, open: Py<PyDict>, events: Py<PyRows>) -> PyOrderStore {
        PyOrderStore {
            orders,
            open,
            events,
            deferred: Vec::new(),
            filled: Vec::new(),
        }
    }

    #[pyo3(signature = (instrument, amount, terms, stamp, reason=None))]
    fn accept<'py>(
        &mut self,
        py: Python<'py>,
        instrument: Bound<'py, PyAny>,
        amount: Number,
        terms: Option<Bound<'py, PyAny>>,
        stamp: i64,
        reason: Option<&str>,
    ) -> PyResult<Bound<'py, PyOrder>> {
        self.create_deferred(py)?;
        let slot = instrument.getattr("slot")?.extract()?;
        let number = self.next_number(py)?;
        let order = PyOrder::of(number, instrument.unbind(), slot, amount, stamp).with(terms)?;
        self.log(py, &order, reason);
        self.orders.bind(py).append(py.None())?;
        self.enqueue(py, order)
    }

    fn open<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.create_deferred(py)?;
        Ok(self.open.bind(py).clone())
    }

    fn orders<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.create_deferred(py)?;
        for order in std::mem::take(&mut self.filled).into_iter().flatten() {
            self.show(py, order)?;
        }
        Ok(self.orders.bind(py).clone())
    }

    fn rows(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        labels: Vec<String>,
        sentences: Vec<String>,
        why: HashMap<i64, i64>,
    ) -> PyResult<PyRows> {
        let words = Words {
            names,
            labels,
            sentences,
            why,
        };
        let orders = self.orders.bind(py);
        let mut unshown: Vec<Option<&PyOrder>> = vec![None; orders.len()];
        for order in self.filled.iter().flatten().chain(&self.deferred) {
            unshown[order.place()?] = Some(order);
        }
        let mut rows = PyRows::of("nnwwwwtwntt")?;
        rows.reserve(orders.len());
        for (place, order) in unshown.into_iter().enumerate() {
            match order {
                Some(order) => order.write(&mut rows, &words),
                None => orders
                    .get_item(place)?
                    .cast_into::<PyOrder>()?
                    .borrow()
                    .write(&mut rows, &words),
            }
        }
        Ok(rows)
    }
}

impl PyOrderStore {
    /// Takes in a market order of an asset. Returns its number.
    pub fn add_market(
        &mut self,
        py: Python<'_>,
        instrument: &Py<PyAny>,
        slot: usize,
        amount: Int,
        stamp: i64,
    ) -> PyResult<i64> {
        let number = self.next_number(py)?;
        let instrument = instrument.clone_ref(py);
        let order = PyOrder::of(number, instrument, slot, Number(amount), stamp);
        self.log(py, &order, None);
        self.orders.bind(py).append(py.None())?;
        if self.deferred.is_empty() {
            self.open.bind(py).set_item(DEFERRED, py.None())?;
        }
        self.deferred.push(order);
        Ok(number)
    }

    /// The open orders by slot, the deferred ones left out.
    pub fn queues<'py>(&self, py: Python<'py>) -> Bound<'py, PyDict> {
        self.open.bind(py).clone()
    }

    /// The deferred orders, where no others are open: they are the caller's now.
    pub fn take_deferred(&mut self, py: Python<'_>) -> PyResult<Option<Vec<PyOrder>>> {
        let open = self.open.bind(py);
        if self.deferred.is_empty() || open.len() > 1 {
            return Ok(None);
        }
        open.del_item(DEFERRED)?;
        let room = Vec::with_capacity(self.deferred.len());
        Ok(Some(std::mem::replace(&mut self.deferred, room)))
    }

    /// Keeps deferred orders that were worked: filled ones as they are, the others as open ones.
    pub fn keep(&mut self, py: Python<'_>, orders: Vec<PyOrder>) -> PyResult<()> {
        if orders.iter().all(|order| order.status == FILLED) {
            self.filled.push(orders);
            return Ok(());
        }
        let (filled, left): (Vec<_>, Vec<_>) =
            orders.into_iter().partition(|order| order.status == FILLED);
        self.filled.push(filled);
        for order in left {
            self.enqueue(py, order)?;
        }
        Ok(())
    }

    /// Gives the deferred orders their objects, and their places in the queues.
    pub fn create_deferred(&mut self, py: Python<'_>) -> PyResult<()> {
        if self.deferred.is_empty() {
            return Ok(());
        }
        self.open.bind(py).del_item(DEFERRED)?;
        for order in std::mem::take(&mut self.deferred) {
            self.enqueue(py, order)?;
        }
        Ok(())
    }

    /// Gives an order its object, and puts it last in its asset's queue.
    pub fn enqueue<'py>(&self, py: Python<'py>, order: PyOrder) -> PyResult<Bound<'py, PyOrder>> {
        let slot = order.slot;
        let order = self.show(py, order)?;
        let open = self.open.bind(py);
        match open.get_item(slot)? {
            None => open.set_item(slot, PyList::new(py, [&order])?)?,
            Some(queue) => {
                queue.cast_into::<PyList>()?.append(&order)?;
            }
        }
        Ok(order)
    }

    /// The object of an order that has one.
    pub fn shown<'py>(&self, py: Python<'py>, number: i64) -> PyResult<Bound<'py, PyOrder>> {
        let order = self
            .orders
            .bind(py)
            .get_item(usize::try_from(number - 1)?)?;
        Ok(order.cast_into::<PyOrder>()?)
    }

    fn show<'py>(&self, py: Python<'py>, order: PyOrder) -> PyResult<Bound<'py, PyOrder>> {
        let place = order.place()?;
        let order = Bound::new(py, order)?;
        self.orders.bind(py).set_item(place, &order)?;
        Ok(order)
    }

    fn next_number(&self, py: Python<'_>) -> PyResult<i64> {
        Ok(i64::try_from(self.orders.bind(py).len() + 1)?)
    }

    fn log(&self, py: Python<'_>, order: &PyOrder, reason: Option<&str>) {
        Event {
            number: order.number,
            stamp: order.created,
            kind: "accepted",
            quantity: &order.amount.0,
            price: order.limit.as_ref().map(|limit| &limit.0),
            stop: order.stop.as_ref().map(|stop| &stop.0),
            cause: reason.map(|_| "control"),
            told: reason,
        }
        .log(&mut self.events.bind(py).borrow_mut());
    }
}
