//! An order at work: the twin of `rustybt/_kernels/_order.py`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use rustybt_kernels::int::Int;

use crate::number::Number;
use crate::rows::{PyRows, Value};

/// What the blotter and the broker know of an order.
#[pyclass(name = "WorkingOrder", module = "rustybt._kernels._rustybt")]
pub struct PyOrder {
    #[pyo3(get)]
    pub number: i64,
    #[pyo3(get)]
    pub listing: Py<PyAny>,
    slot: i64,
    #[pyo3(get, set)]
    pub amount: Number,
    #[pyo3(get, set)]
    pub filled: Number,
    #[pyo3(get, set)]
    pub limit: Option<Number>,
    #[pyo3(get, set)]
    pub limit_reached: bool,
    #[pyo3(get, set)]
    pub stop: Option<Number>,
    #[pyo3(get, set)]
    pub stop_reached: bool,
    #[pyo3(get)]
    pub plain: bool,
    #[pyo3(get, set)]
    pub commission: Number,
    #[pyo3(get, set)]
    pub charged: Number,
    #[pyo3(get)]
    pub created: i64,
    #[pyo3(get, set)]
    pub changed: i64,
    pub status: usize,
    #[pyo3(get, set)]
    pub reason: Option<String>,
    #[pyo3(get, set)]
    pub why: i64,
}

/// `rustybt.core.OrderStatus` by value.
fn statuses(py: Python<'_>) -> PyResult<&Vec<Py<PyAny>>> {
    static MEMBERS: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
    MEMBERS.get_or_try_init(py, || {
        let kinds = py.import("rustybt.core")?.getattr("OrderStatus")?;
        kinds.try_iter()?.map(|kind| Ok(kind?.unbind())).collect()
    })
}

#[pymethods]
impl PyOrder {
    #[new]
    #[pyo3(signature = (number, listing, amount, limit, created, stop=None))]
    fn new(
        number: i64,
        listing: Bound<'_, PyAny>,
        amount: Number,
        limit: Option<Number>,
        created: i64,
        stop: Option<Number>,
    ) -> PyResult<PyOrder> {
        let slot = listing.getattr("slot")?.extract()?;
        let listing = listing.unbind();
        Ok(PyOrder::of(
            number, listing, slot, amount, limit, created, stop,
        ))
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
    /// An order that nothing has happened to.
    fn of(
        number: i64,
        listing: Py<PyAny>,
        slot: i64,
        amount: Number,
        limit: Option<Number>,
        created: i64,
        stop: Option<Number>,
    ) -> PyOrder {
        PyOrder {
            number,
            listing,
            slot,
            amount,
            filled: Number(Int::ZERO),
            plain: limit.is_none() && stop.is_none(),
            limit,
            limit_reached: false,
            stop,
            stop_reached: false,
            commission: Number(Int::ZERO),
            charged: Number(Int::ZERO),
            created,
            changed: created,
            status: 0,
            reason: None,
            why: 0,
        }
    }

    /// Whether what is open of it is to be bought.
    pub fn buys(&self) -> bool {
        let left = self.amount.0.clone() - &self.filled.0;
        !left.is_negative() && left != Int::ZERO
    }

    /// Logs that its limit, or its stop, was reached.
    pub fn log(
        &self,
        events: &mut PyRows,
        stamp: i64,
        left: &Int,
        limit: Option<&Int>,
        stop: Option<&Int>,
    ) {
        events.push([
            Value::Short(Some(self.number)),
            Value::Short(Some(stamp)),
            Value::Text(Some("triggered")),
            Value::Wide(Some(left)),
            Value::Wide(limit),
            Value::Wide(stop),
            Value::Text(stop.map(|_| "stop")),
        ]);
    }
}

/// Takes orders in: each gets its number, stands last in its asset's queue, and leaves an event.
#[pyclass(name = "Intake", module = "rustybt._kernels._rustybt")]
pub struct PyIntake {
    orders: Py<PyList>,
    open: Py<PyDict>,
    quiet: Py<PyDict>,
    events: Py<PyRows>,
}

#[pymethods]
impl PyIntake {
    #[new]
    fn new(
        orders: Py<PyList>,
        open: Py<PyDict>,
        quiet: Py<PyDict>,
        events: Py<PyRows>,
    ) -> PyIntake {
        PyIntake {
            orders,
            open,
            quiet,
            events,
        }
    }

    #[expect(clippy::too_many_arguments)] // the twin's signature
    #[pyo3(signature = (listing, amount, limit, stamp, stop=None, reason=None))]
    fn accept<'py>(
        &self,
        py: Python<'py>,
        listing: Bound<'py, PyAny>,
        amount: Number,
        limit: Option<Number>,
        stamp: i64,
        stop: Option<Number>,
        reason: Option<&str>,
    ) -> PyResult<Bound<'py, PyOrder>> {
        let slot = listing.getattr("slot")?.extract()?;
        let number = i64::try_from(self.orders.bind(py).len() + 1)?;
        let listing = listing.unbind();
        let order = PyOrder::of(number, listing, slot, amount, limit, stamp, stop);
        self.take(py, order, reason)
    }
}

impl PyIntake {
    /// A plain order of an asset, taken in. Returns its number.
    pub fn take_plain(
        &self,
        py: Python<'_>,
        listing: &Py<PyAny>,
        slot: usize,
        amount: Int,
        stamp: i64,
    ) -> PyResult<i64> {
        let number = i64::try_from(self.orders.bind(py).len() + 1)?;
        let (listing, slot) = (listing.clone_ref(py), i64::try_from(slot)?);
        let order = PyOrder::of(number, listing, slot, Number(amount), None, stamp, None);
        self.take(py, order, None)?;
        Ok(number)
    }

    fn take<'py>(
        &self,
        py: Python<'py>,
        order: PyOrder,
        reason: Option<&str>,
    ) -> PyResult<Bound<'py, PyOrder>> {
        let slot = order.slot;
        self.events.bind(py).borrow_mut().push([
            Value::Short(Some(order.number)),
            Value::Short(Some(order.created)),
            Value::Text(Some("accepted")),
            Value::Wide(Some(&order.amount.0)),
            Value::Wide(order.limit.as_ref().map(|limit| &limit.0)),
            Value::Wide(order.stop.as_ref().map(|stop| &stop.0)),
            Value::Text(reason),
        ]);
        let order = Bound::new(py, order)?;
        self.orders.bind(py).append(&order)?;
        let open = self.open.bind(py);
        match open.get_item(slot)? {
            None => open.set_item(slot, PyList::new(py, [&order])?)?,
            Some(queue) => {
                queue.cast_into::<PyList>()?.append(&order)?;
                let quiet = self.quiet.bind(py);
                if quiet.contains(slot)? {
                    quiet.del_item(slot)?;
                }
            }
        }
        Ok(order)
    }
}

/// Orders as rows: slot, created, amount, filled, limit, stop, status, commission, changed, reason.
#[pyfunction]
pub fn order_rows(
    orders: &Bound<'_, PyList>,
    names: Vec<String>,
    whys: Vec<String>,
) -> PyResult<PyRows> {
    let mut rows = PyRows::of("nnwwwwtwnt")?;
    rows.reserve(orders.len());
    for item in orders.iter() {
        let order = item.cast_into::<PyOrder>()?;
        let order = order.borrow();
        let why = || {
            let open = (order.status == 0).then_some(order.why)?;
            whys.get(usize::try_from(open).ok()?).map(String::as_str)
        };
        rows.push([
            Value::Short(Some(order.slot)),
            Value::Short(Some(order.created)),
            Value::Wide(Some(&order.amount.0)),
            Value::Wide(Some(&order.filled.0)),
            Value::Wide(order.limit.as_ref().map(|limit| &limit.0)),
            Value::Wide(order.stop.as_ref().map(|stop| &stop.0)),
            Value::Text(names.get(order.status).map(String::as_str)),
            Value::Wide(Some(&order.commission.0)),
            Value::Short(Some(order.changed)),
            Value::Text(order.reason.as_deref().or_else(why)),
        ]);
    }
    Ok(rows)
}
