//! `Books` and `whole_steps` for Python: converts, and turns refusals into the errors of `rustybt.errors`.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rustybt_kernels::books::{Books, Refusal, Scales};
use rustybt_kernels::int::Int;
use rustybt_kernels::sizing;

use crate::lane::PyLane;
use crate::number::Number;
use crate::rows::{PyRows, Value};

/// Cash and positions of one account in one currency, marked on a lane of prices per asset.
#[pyclass(name = "Books", module = "rustybt._kernels._rustybt")]
pub struct PyBooks {
    pub(crate) books: Books<PyLane>,
    lanes: Vec<Py<PyAny>>,
}

/// What was booked, as Python has it.
type State = (
    Number,
    usize,
    Vec<(usize, Number, Number)>,
    Vec<(usize, Number)>,
);

#[pymethods]
impl PyBooks {
    #[new]
    fn new(py: Python<'_>, cash: Number) -> PyResult<PyBooks> {
        let books = Books::new(&cash.0).map_err(|refusal| money_error(py, refusal))?;
        Ok(PyBooks {
            books,
            lanes: Vec::new(),
        })
    }

    #[getter]
    fn cash(&self, py: Python<'_>) -> PyResult<Number> {
        self.or_raise(py, self.books.cash()).map(Number)
    }

    #[getter]
    fn posted(&self) -> Number {
        self.books.posted().into()
    }

    #[getter]
    fn bar(&self) -> usize {
        self.books.bar()
    }

    #[expect(clippy::too_many_arguments)] // the twin's signature
    #[pyo3(signature = (lane, lane_scale, fill_scale, quantity_scale, step, multiplier, multiplier_scale, settles=false))]
    fn open_slot(
        &mut self,
        lane: &Bound<'_, PyAny>,
        lane_scale: &Bound<'_, PyAny>,
        fill_scale: &Bound<'_, PyAny>,
        quantity_scale: &Bound<'_, PyAny>,
        step: &Bound<'_, PyAny>,
        multiplier: &Bound<'_, PyAny>,
        multiplier_scale: &Bound<'_, PyAny>,
        settles: bool,
    ) -> PyResult<usize> {
        let scales = (
            lane_scale,
            fill_scale,
            quantity_scale,
            step,
            multiplier,
            multiplier_scale,
        );
        static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CHECK
            .import(lane.py(), "rustybt._kernels._books", "check_slot")?
            .call1((
                lane, scales.0, scales.1, scales.2, scales.3, scales.4, scales.5,
            ))?;
        let scales = Scales {
            lane: lane_scale.extract()?,
            fill: fill_scale.extract()?,
            quantity: quantity_scale.extract()?,
            step: step.extract::<Number>()?.0,
            multiplier: multiplier.extract::<Number>()?.0,
            multiplier_scale: multiplier_scale.extract()?,
            settles,
        };
        let slot = self.books.open_slot(PyLane::new(lane)?, scales);
        self.lanes.push(lane.clone().unbind());
        Ok(slot)
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

    fn gross(
        &self,
        py: Python<'_>,
        slot: usize,
        quantity: Number,
        price: Number,
    ) -> PyResult<Number> {
        self.or_raise(py, self.books.gross(slot, quantity.0, &price.0))
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

    fn post(&mut self, py: Python<'_>, amount: Number) -> PyResult<()> {
        let done = self.books.post(&amount.0);
        self.or_raise(py, done)
    }

    fn unsettled(&self) -> Vec<usize> {
        self.books.unsettled().to_vec()
    }

    fn variation(&self, py: Python<'_>) -> PyResult<Number> {
        self.or_raise(py, self.books.variation()).map(Number)
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

    /// What was posted, the bar, the positions as they were opened, and what is settled.
    fn state(&self, py: Python<'_>) -> PyResult<State> {
        let positions = self.books.positions().map(|position| {
            let held = self.or_raise(py, position)?;
            Ok((held.slot, held.quantity.into(), held.cost.into()))
        });
        let settled = self.books.settled();
        Ok((
            self.books.posted().into(),
            self.books.bar(),
            positions.collect::<PyResult<_>>()?,
            settled
                .map(|(slot, amount)| (slot, amount.into()))
                .collect(),
        ))
    }

    fn restore(&mut self, py: Python<'_>, state: State) -> PyResult<()> {
        let (posted, bar, positions, settled) = state;
        let positions: Vec<_> = positions
            .into_iter()
            .map(|(s, q, c)| (s, q.0, c.0))
            .collect();
        let settled: Vec<_> = settled.into_iter().map(|(s, a)| (s, a.0)).collect();
        let done = self.books.restore(&posted.0, &positions, &settled);
        self.or_raise(py, done)?;
        self.books.seek(bar);
        Ok(())
    }

    fn write_positions(&self, py: Python<'_>, rows: &mut PyRows) -> PyResult<()> {
        for position in self.books.positions() {
            let position = self.or_raise(py, position)?;
            rows.push([
                Value::Short(i64::try_from(position.slot).ok()),
                Value::Wide(Some(&position.quantity.into())),
                Value::Wide(Some(&position.cost.into())),
            ]);
        }
        Ok(())
    }

    fn exposure(&self, py: Python<'_>, slot: usize) -> PyResult<Number> {
        self.or_raise(py, self.books.exposure(slot)).map(Number)
    }

    fn worth(&self, py: Python<'_>, slot: usize) -> PyResult<Number> {
        self.or_raise(py, self.books.worth(slot)).map(Number)
    }

    fn positions_value(&mut self, py: Python<'_>) -> PyResult<Number> {
        let done = self.books.positions_value();
        self.or_raise(py, done).map(Number::from)
    }

    fn value(&mut self, py: Python<'_>) -> PyResult<Number> {
        let done = self.books.value();
        self.or_raise(py, done).map(Number)
    }

    fn long_and_short(&self, py: Python<'_>) -> PyResult<(Number, Number, usize, usize)> {
        let sides = self.or_raise(py, self.books.long_and_short())?;
        Ok((
            Number(sides.long_value),
            Number(sides.short_value),
            sides.longs,
            sides.shorts,
        ))
    }

    fn long_and_short_exposure(&self, py: Python<'_>) -> PyResult<(Number, Number)> {
        let (long, short) = self.or_raise(py, self.books.long_and_short_exposure())?;
        Ok((Number(long), Number(short)))
    }

    fn size_of_value(
        &self,
        py: Python<'_>,
        slot: usize,
        money: Number,
        money_scale: u32,
        price: Number,
        target: bool,
    ) -> PyResult<Number> {
        let size = self
            .books
            .size_of_value(slot, &money.0, money_scale, &price.0, target);
        self.or_raise(py, size).map(Number)
    }

    fn size_of_weight(
        &mut self,
        py: Python<'_>,
        slot: usize,
        weight: Number,
        weight_scale: u32,
        price: Number,
        target: bool,
    ) -> PyResult<Number> {
        let size = self
            .books
            .size_of_weight(slot, &weight.0, weight_scale, &price.0, target);
        self.or_raise(py, size).map(Number)
    }
}

impl PyBooks {
    /// Whether there is no position of a slot.
    pub(crate) fn holds_none(&self, py: Python<'_>, slot: usize) -> PyResult<bool> {
        let (quantity, _) = self.or_raise(py, self.books.position(slot))?;
        Ok(quantity == 0)
    }

    #[inline]
    pub(crate) fn or_raise<T>(&self, py: Python<'_>, done: Result<T, Refusal>) -> PyResult<T> {
        done.map_err(|refusal| match refusal {
            // Python's own words, which differ between the kinds of lanes
            Refusal::Price(slot) => raised(self.lanes[slot].bind(py).get_item(self.books.bar())),
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
        Refusal::Slot | Refusal::Price(_) => PyIndexError::new_err("list index out of range"),
    }
}

/// The error of a call that is made for its error.
fn raised<T>(done: PyResult<T>) -> PyErr {
    match done {
        Err(error) => error,
        Ok(_) => PyIndexError::new_err("the books refused what Python allows: please report it"),
    }
}
