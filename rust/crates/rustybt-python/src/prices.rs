//! `data.current(asset, field)`, answered without running Python where it was asked before.
//!
//! The twin is `BarData.current` in Python, to which everything else is passed on as it came: other assets and fields, keywords,
//! lists, the time between sessions, bars beyond an asset's end.

use std::ffi::CString;
use std::{iter, ptr};

use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyString, PyTuple, PyType};

use crate::series::View;
use crate::slot::Slot;
use crate::spread::SpreadMap;

/// What answers a question.
struct Known {
    /// Keep the objects alive whose addresses are the key.
    _asset: Py<PyAny>,
    _field: Py<PyString>,
    prices: View,
    scale: usize,
}

/// Prices of one scale as a strategy gets them.
struct Scale {
    /// Makes one, or has it.
    numbers: Py<PyAny>,
    made: SpreadMap<i64, Py<PyAny>>,
}

/// Fields of assets that were asked for, at the bar that their market is at.
#[pyclass(name = "Prices", module = "rustybt._kernels._rustybt")]
pub struct PyPrices {
    market: Py<PyAny>,
    bar: Slot,
    before_open: Slot,
    /// The bar that was read last, as Python has it, and its number: at most moments it is that one again.
    last_bar: (Py<PyAny>, usize),
    known: SpreadMap<(usize, usize), Known>,
    scales: Vec<Scale>,
}

#[pymethods]
impl PyPrices {
    #[new]
    fn new(market: Bound<'_, PyAny>) -> PyResult<PyPrices> {
        let class = market.get_type();
        Ok(PyPrices {
            bar: Slot::of(&class, "bar")?,
            before_open: Slot::of(&class, "before_open")?,
            last_bar: (market.py().None(), 0),
            market: market.unbind(),
            known: SpreadMap::default(),
            scales: Vec::new(),
        })
    }

    fn add(
        &mut self,
        asset: Bound<'_, PyAny>,
        field: Bound<'_, PyString>,
        prices: &Bound<'_, PyAny>,
        numbers: Bound<'_, PyAny>,
    ) {
        // longer integers are answered in Python
        let Some(prices) = View::new(prices) else {
            return;
        };
        let held = |one: &Scale| one.numbers.is(&numbers);
        let scale = self.scales.iter().position(held).unwrap_or_else(|| {
            self.scales.push(Scale {
                numbers: numbers.unbind(),
                made: SpreadMap::default(),
            });
            self.scales.len() - 1
        });
        let question = (asset.as_ptr().addr(), field.as_ptr().addr());
        let known = Known {
            _asset: asset.unbind(),
            _field: field.unbind(),
            prices,
            scale,
        };
        self.known.insert(question, known);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.market)
    }
}

impl PyPrices {
    /// The price that answers, and its scale.
    #[inline]
    fn price(&mut self, py: Python<'_>, question: (usize, usize)) -> Option<(i64, usize)> {
        let known = self.known.get(&question)?;
        let market = self.market.bind(py);
        let before_open = self.before_open.read(market)?;
        if !before_open.is(PyBool::new(py, false)) {
            return None;
        }
        let bar = self.bar.read(market)?;
        if !bar.is(&self.last_bar.0) {
            self.last_bar.1 = bar.extract().ok()?;
            drop(std::mem::replace(&mut self.last_bar.0, bar.unbind()).into_bound(py));
        }
        // a bar without one has 0 there
        let price = known
            .prices
            .get(self.last_bar.1)
            .filter(|&price| price != 0)?;
        Some((price, known.scale))
    }
}

/// What `data.current(asset, field)` is; None where Python has to be asked. The error is that of who makes the number.
///
/// Only `Bound`s are dropped here: PyO3 is not told of this call, and would put the drop of a `Py` off.
#[inline]
fn answer<'py>(
    data: &Bound<'py, PyAny>,
    asset: *mut ffi::PyObject,
    field: *mut ffi::PyObject,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = data.py();
    let Some(held) = HELD.get(py).and_then(|slot| slot.read(data)) else {
        return Ok(None);
    };
    let Ok(prices) = held.cast_exact::<PyPrices>() else {
        return Ok(None);
    };
    let Ok(mut known) = prices.try_borrow_mut() else {
        return Ok(None);
    };
    let Some((price, scale)) = known.price(py, (asset.addr(), field.addr())) else {
        return Ok(None);
    };
    let scale_of = &known.scales[scale];
    if let Some(number) = scale_of.made.get(&price) {
        return Ok(Some(number.bind(py).clone()));
    }
    let numbers = scale_of.numbers.bind(py).clone();
    drop(known);
    let number = numbers.get_item(price)?;
    if let Ok(mut known) = prices.try_borrow_mut() {
        known.scales[scale]
            .made
            .insert(price, number.clone().unbind());
    }
    Ok(Some(number))
}

/// Where an object of the class that `answering` was called for has its `Prices`.
static HELD: PyOnceLock<Slot> = PyOnceLock::new();

/// A method of the class that answers what `slot` of its objects knows, and passes the rest on to `_current`.
///
/// One class of a process can have it; objects of others pass everything on. doc: with the signature first, as
/// `inspect` reads it.
#[pyfunction]
#[expect(unsafe_code)]
pub fn answering<'py>(
    class: &Bound<'py, PyType>,
    slot: &str,
    doc: CString,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    HELD.get_or_try_init(py, || Slot::of(class, slot))?;
    let method = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"current".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: current,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: doc.into_raw(),
    }));
    // SAFETY: the definition and its text are never freed; the function is of the kind that the flags say.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyDescr_NewMethod(class.as_type_ptr(), method)) }
}

/// Called by Python: `nargs` arguments by position, then those whose names are in the tuple `names`, or null.
///
/// PyO3's own way to call a method takes longer than what is done here.
#[expect(unsafe_code)]
unsafe extern "C" fn current(
    data: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargs: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls this, attached.
    let py = unsafe { Python::assume_attached() };
    let Ok(nargs) = usize::try_from(nargs) else {
        // Python 3.12 does not look itself where `BarData.current()` is called often: then `data` is no argument
        PyTypeError::new_err("current() of the class BarData needs an object of it").restore(py);
        return ptr::null_mut();
    };
    // SAFETY: Python calls this with an object of the method's class, so many arguments, and a tuple or null.
    let (object, names, args) = unsafe {
        let names = Bound::from_borrowed_ptr_or_opt(py, names)
            .map(|names| names.cast_into_unchecked::<PyTuple>());
        let count = nargs + names.as_ref().map_or(0, |names| names.len());
        let args = match count {
            0 => &[],
            count => std::slice::from_raw_parts(args, count),
        };
        (Bound::ref_from_ptr(py, &data), names, args)
    };
    if let (&[asset, field], true) = (args, names.as_ref().is_none_or(is_field_only)) {
        match answer(object, asset, field) {
            Ok(Some(number)) => return number.into_ptr(),
            Ok(None) => {}
            Err(error) => {
                error.restore(py);
                return ptr::null_mut();
            }
        }
    }
    let method = intern!(py, "_current").as_ptr();
    let all: Vec<_> = iter::once(data).chain(args.iter().copied()).collect();
    let names = names
        .as_ref()
        .map_or(ptr::null_mut(), |names| names.as_ptr());
    // SAFETY: the object, then what it was called with, which lives until this returns.
    unsafe { ffi::PyObject_VectorcallMethod(method, all.as_ptr(), nargs + 1, names) }
}

/// Whether it is `current(asset, fields=field)`.
fn is_field_only(names: &Bound<'_, PyTuple>) -> bool {
    let name = intern!(names.py(), "fields");
    names.len() == 1 && names.get_item(0).is_ok_and(|one| one.is(name))
}
