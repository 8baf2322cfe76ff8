//! A market order of a weight in one call: priced, sized and taken in.
//!
//! The twin is `rustybt/orders/_weights.py`. What it can't do it leaves alone, and answers NotImplemented before it has
//! changed anything.

use std::collections::hash_map::Entry;
use std::fmt::Write;

use pyo3::exceptions::{PyAttributeError, PyIndexError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyList, PyNotImplemented, PyString, PyTuple};
use pyo3::{PyTraverseError, intern};
use rustybt_kernels::books::Series;
use rustybt_kernels::int::Int;

use crate::books::{PyBooks, asked};
use crate::number::Number;
use crate::order::PyOrderStore;
use crate::series::PySeries;
use crate::slot::Slot;
use crate::spread::SpreadMap;

/// As many weights are known at a time as in Python.
const MEMO_SIZE: usize = 4096;

/// An asset whose orders nothing but its prices decides.
struct Known {
    /// Keeps the object alive whose address is the key.
    _asset: Py<PyAny>,
    instrument: Py<PyAny>,
    slot: usize,
    price: PySeries,
    mark_to_fill_scale: Int,
    priced: usize,
    closing: usize,
}

/// Places the orders of weights.
#[pyclass(name = "TargetSizer", module = "rustybt._kernels._rustybt")]
pub struct PyTargetSizer {
    moment: Py<PyAny>,
    phase: Attribute,
    market: Py<PyAny>,
    bar: Attribute,
    controls: Py<PyList>,
    books: Py<PyBooks>,
    store: Py<PyOrderStore>,
    times: PySeries,
    scaled: Py<PyAny>,
    /// The start of every id, and the last one.
    id: String,
    prefix_len: usize,
    large: i128,
    known: SpreadMap<usize, Known>,
    weights: SpreadMap<u64, (Int, u32)>,
}

#[pymethods]
impl PyTargetSizer {
    #[new]
    fn new(
        moment: Bound<'_, PyAny>,
        market: Bound<'_, PyAny>,
        books: Py<PyBooks>,
        book: &Bound<'_, PyAny>,
        controls: Py<PyList>,
        scaled: Py<PyAny>,
        large: i128,
    ) -> PyResult<PyTargetSizer> {
        let prefix: String = book.getattr("prefix")?.extract()?;
        Ok(PyTargetSizer {
            phase: Attribute::of(&moment, "phase"),
            bar: Attribute::of(&market, "bar"),
            controls,
            books,
            store: book.getattr("store")?.extract()?,
            times: PySeries::new(&market.getattr("axis")?.getattr("times")?)?,
            scaled,
            prefix_len: prefix.len(),
            id: prefix,
            large,
            known: SpreadMap::default(),
            weights: SpreadMap::default(),
            market: market.unbind(),
            moment: moment.unbind(),
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.moment)?;
        visit.call(&self.market)?;
        visit.call(&self.controls)?;
        visit.call(&self.scaled)?;
        for known in self.known.values() {
            visit.call(&known.instrument)?;
        }
        Ok(())
    }

    fn register(&mut self, asset: Bound<'_, PyAny>, instrument: Bound<'_, PyAny>) -> PyResult<()> {
        let known = Known {
            slot: instrument.getattr("slot")?.extract()?,
            price: PySeries::new(&instrument.getattr("price")?)?,
            mark_to_fill_scale: instrument
                .getattr("mark_to_fill_scale")?
                .extract::<Number>()?
                .0,
            priced: instrument.getattr("priced")?.extract()?,
            closing: instrument.getattr("closing")?.extract()?,
            instrument: instrument.unbind(),
            _asset: asset.clone().unbind(),
        };
        self.known.insert(asset.as_ptr().addr(), known);
        Ok(())
    }

    fn order<'py>(
        &mut self,
        py: Python<'py>,
        asset: &Bound<'py, PyAny>,
        weight: &Bound<'py, PyAny>,
        target: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let sized = match self.moment(py)? {
            Some(bar) => self.sized(py, asset, weight, target, bar)?,
            None => Sized::Elsewhere,
        };
        Ok(match sized {
            Sized::Elsewhere => PyNotImplemented::get(py).to_owned().into_any(),
            Sized::Nothing => py.None().into_bound(py),
            Sized::Order(order) => self.place(py, order)?.into_any(),
        })
    }

    /// Places nothing before all of them have a size.
    fn order_targets<'py>(
        slf: &Bound<'py, Self>,
        pairs: &Bound<'py, PyAny>,
        prepare: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let mut prepared = Vec::new();
        let moment = slf.borrow().moment(py)?;
        for pair in pairs.try_iter()? {
            let pair = pair?;
            let mut sized = Sized::Elsewhere;
            if let Some(bar) = moment
                && let Ok(two) = pair.cast_exact::<PyTuple>()
                && two.len() == 2
            {
                let (asset, weight) = (two.get_borrowed_item(0)?, two.get_borrowed_item(1)?);
                // borrowed anew each time: what makes the pairs may place orders of its own
                sized = slf.borrow_mut().sized(py, &asset, &weight, true, bar)?;
            }
            match sized {
                Sized::Nothing => {}
                Sized::Order(order) => prepared.push(Prepared::Here(order)),
                Sized::Elsewhere => {
                    let place = prepare.call1((pair,))?;
                    if !place.is_none() {
                        prepared.push(Prepared::There(place));
                    }
                }
            }
        }
        let ids = PyList::empty(py);
        for one in prepared {
            match one {
                Prepared::Here(order) => ids.append(slf.borrow_mut().place(py, order)?)?,
                Prepared::There(place) => {
                    let id = place.call0()?;
                    if !id.is_none() {
                        ids.append(id)?;
                    }
                }
            }
        }
        Ok(ids)
    }
}

/// What is read of an object at each call.
enum Attribute {
    /// By its slot.
    Slot(Slot),
    /// By its name, of a class without slots.
    Name(&'static str),
}

impl Attribute {
    fn of(object: &Bound<'_, PyAny>, name: &'static str) -> Attribute {
        Slot::of(&object.get_type(), name).map_or(Attribute::Name(name), Attribute::Slot)
    }

    #[inline]
    fn read<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Attribute::Slot(slot) => slot
                .read(object)
                .ok_or_else(|| PyAttributeError::new_err("an empty slot")),
            Attribute::Name(name) => object.getattr(*name),
        }
    }
}

/// What a weight comes to.
enum Sized {
    /// It is Python's to answer.
    Elsewhere,
    /// The size came to zero.
    Nothing,
    Order(Order),
}

/// An order that is to be placed.
struct Order {
    instrument: Py<PyAny>,
    slot: usize,
    size: Int,
    stamp: i64,
}

/// An order of several, which are placed once all of them have a size.
enum Prepared<'py> {
    Here(Order),
    /// What Python places it with.
    There(Bound<'py, PyAny>),
}

impl PyTargetSizer {
    /// The bar, where it is a moment at which orders are placed here.
    fn moment(&self, py: Python<'_>) -> PyResult<Option<usize>> {
        let phase = self.phase.read(self.moment.bind(py))?;
        if !phase.is(intern!(py, "bar")) || !self.controls.bind(py).is_empty() {
            return Ok(None);
        }
        let bar = self.bar.read(self.market.bind(py))?;
        Ok(Some(bar.extract()?))
    }

    fn id<'py>(&mut self, py: Python<'py>, number: i64) -> Bound<'py, PyString> {
        let id = &mut self.id;
        id.truncate(self.prefix_len);
        let _ = write!(id, "{number}"); // a String takes everything
        PyString::new(py, id)
    }

    fn place<'py>(&mut self, py: Python<'py>, order: Order) -> PyResult<Bound<'py, PyString>> {
        let mut store = self.store.bind(py).borrow_mut();
        let number =
            store.add_market(py, &order.instrument, order.slot, order.size, order.stamp)?;
        drop(store);
        Ok(self.id(py, number))
    }

    fn sized<'py>(
        &mut self,
        py: Python<'py>,
        asset: &Bound<'py, PyAny>,
        weight: &Bound<'py, PyAny>,
        target: bool,
        bar: usize,
    ) -> PyResult<Sized> {
        let Some(known) = self.known.get(&asset.as_ptr().addr()) else {
            return Ok(Sized::Elsewhere);
        };
        if bar < known.priced || bar > known.closing {
            return Ok(Sized::Elsewhere);
        }
        let whole;
        let (amount, scale) = if let Ok(weight) = weight.cast_exact::<PyFloat>() {
            noted(&mut self.weights, self.scaled.bind(py), weight)?
        } else if let Ok(weight) = weight.cast_exact::<PyInt>() {
            whole = (weight.extract::<Number>()?.0, 0);
            &whole
        } else {
            return Ok(Sized::Elsewhere);
        };
        let books = self.books.bind(py);
        // most targets of a large universe are none of something that is not held: no value has to be known for that
        if target && *amount == Int::ZERO && books.borrow().holds_none(py, known.slot)? {
            return Ok(Sized::Nothing);
        }
        let price = Int::from(at(&known.price, bar)?) * &known.mark_to_fill_scale;
        if price == Int::ZERO {
            return Ok(Sized::Nothing);
        }
        let size = asked(books, |books| {
            books.size_of_weight(known.slot, amount, *scale, &price, target)
        })?;
        if size == Int::ZERO {
            return Ok(Sized::Nothing);
        }
        if size.narrow().is_none_or(|size| size.abs() >= self.large) {
            return Ok(Sized::Elsewhere);
        }
        let stamp = i64::try_from(at(&self.times, bar)?)?;
        let (instrument, slot) = (known.instrument.clone_ref(py), known.slot);
        Ok(Sized::Order(Order {
            instrument,
            slot,
            size,
            stamp,
        }))
    }
}

/// A weight as value and scale; the last ones are remembered.
fn noted<'a>(
    weights: &'a mut SpreadMap<u64, (Int, u32)>,
    scaled: &Bound<'_, PyAny>,
    weight: &Bound<'_, PyFloat>,
) -> PyResult<&'a (Int, u32)> {
    if weights.len() >= MEMO_SIZE {
        weights.clear();
    }
    Ok(match weights.entry(weight.value().to_bits()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => {
            let exact = scaled.call1((weight, "percent"))?;
            let (amount, scale) = exact.extract::<(Number, u32)>()?;
            free.insert((amount.0, scale))
        }
    })
}

fn at(prices: &PySeries, bar: usize) -> PyResult<i128> {
    prices
        .price(bar)
        .ok_or_else(|| PyIndexError::new_err(format!("there is no bar {bar}")))
}
