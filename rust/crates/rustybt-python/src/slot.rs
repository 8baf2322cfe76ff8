//! What an object of a Python class keeps in one of the class's `__slots__`, without a look at its name.

use std::ptr;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// One of the `__slots__` of a class. Reading it takes a tenth of what `getattr` takes.
pub struct Slot {
    descriptor: Py<PyAny>,
    get: ffi::descrgetfunc,
}

impl Slot {
    /// Raises TypeError where the class has no slot of that name.
    #[expect(unsafe_code)]
    pub fn of(class: &Bound<'_, PyType>, name: &str) -> PyResult<Slot> {
        let descriptor = class.getattr(name)?;
        let kind = descriptor.get_type();
        if !ptr::eq(kind.as_type_ptr(), &raw const ffi::PyMemberDescr_Type) {
            return Err(PyTypeError::new_err(format!(
                "{name} of {class} is no slot"
            )));
        }
        // SAFETY: asks a type for its `tp_descr_get`, which has the type of that slot or is null.
        let get = unsafe {
            let get = ffi::PyType_GetSlot(kind.as_type_ptr(), ffi::Py_tp_descr_get);
            std::mem::transmute::<*mut std::ffi::c_void, Option<ffi::descrgetfunc>>(get)
        };
        let get = get.ok_or_else(|| PyTypeError::new_err("a slot that can't be read"))?;
        Ok(Slot {
            descriptor: descriptor.unbind(),
            get,
        })
    }

    /// None where the object is of another class, or its slot empty.
    #[inline(always)] // three times a question for a price
    #[expect(unsafe_code)]
    pub fn read<'py>(&self, object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let py = object.py();
        // SAFETY: the function is that of the descriptor's own type; it looks itself at whether the object is of the
        // class, and returns a new reference, or null with an error set.
        let found = unsafe {
            let found = (self.get)(self.descriptor.as_ptr(), object.as_ptr(), ptr::null_mut());
            Bound::from_owned_ptr_or_opt(py, found)
        };
        if found.is_none() {
            drop(PyErr::take(py));
        }
        found
    }
}
