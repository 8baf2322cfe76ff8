//! Columns as Polars takes them without a copy, and gives them: the Arrow C data interface, in capsules
//! (<https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>).
//!
//! The interface is two C structures with a callback each that frees what they point to. Only the two callbacks, and
//! who calls them, need `unsafe`; what is pointed to is held by ordinary owners.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// The values of a column, or the bits that say which are there: shared by all that point to it.
pub type Buffer = Arc<dyn Memory>;

/// Memory that does not move as long as it is held.
pub trait Memory: Send + Sync {
    /// Its first byte.
    fn start(&self) -> *const c_void;
}

impl<T: Send + Sync> Memory for Vec<T> {
    fn start(&self) -> *const c_void {
        self.as_ptr().cast()
    }
}

/// A column of a frame.
pub struct Column {
    /// Its name.
    pub name: CString,
    /// What Arrow calls its type.
    pub format: CString,
    /// How many values are missing.
    pub nulls: usize,
    /// As Arrow lays the type out; the first says which values are there, `None` where all are.
    pub buffers: Vec<Option<Buffer>>,
}

impl Column {
    /// The same values under another name.
    pub fn named(&self, name: &str) -> PyResult<Column> {
        Ok(Column {
            name: CString::new(name)?,
            format: self.format.clone(),
            nulls: self.nulls,
            buffers: self.buffers.clone(),
        })
    }
}

const NULLABLE: i64 = 2;

/// How many arrays come one after the other: the C stream interface.
#[repr(C)]
struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

/// What a `Schema` points to.
struct SchemaParts {
    format: CString,
    name: CString,
    children: Vec<*mut Schema>,
}

/// What an `Array` points to.
struct ArrayParts {
    _held: Vec<Option<Buffer>>,
    starts: Vec<*const c_void>,
    children: Vec<*mut Array>,
}

/// Frees what a schema points to, and marks it as freed.
#[expect(unsafe_code)]
unsafe extern "C" fn release_schema(schema: *mut Schema) {
    // SAFETY: the interface has this called once, by whoever owns the structure now, with a pointer to it. The parts
    // were leaked from a box in `Schema::new`, as were the children, which nobody else frees: who moves one out of its
    // parent marks it as released, and its own `drop` then does nothing.
    unsafe {
        let parts = Box::from_raw((*schema).private_data.cast::<SchemaParts>());
        for child in &parts.children {
            drop(Box::from_raw(*child));
        }
        (*schema).release = None;
    }
}

/// Frees what an array points to, and marks it as freed.
#[expect(unsafe_code)]
unsafe extern "C" fn release_array(array: *mut Array) {
    // SAFETY: as for `release_schema`.
    unsafe {
        let parts = Box::from_raw((*array).private_data.cast::<ArrayParts>());
        for child in &parts.children {
            drop(Box::from_raw(*child));
        }
        (*array).release = None;
    }
}

impl Schema {
    fn new(name: CString, format: CString, children: Vec<Schema>) -> Schema {
        let children = children.into_iter();
        let mut parts = Box::new(SchemaParts {
            format,
            name,
            children: children
                .map(|child| Box::into_raw(Box::new(child)))
                .collect(),
        });
        Schema {
            format: parts.format.as_ptr(),
            name: parts.name.as_ptr(),
            metadata: ptr::null(),
            flags: NULLABLE,
            n_children: count(parts.children.len()),
            children: parts.children.as_mut_ptr(),
            dictionary: ptr::null_mut(),
            release: Some(release_schema),
            private_data: Box::into_raw(parts).cast(),
        }
    }
}

impl Array {
    fn new(len: usize, nulls: usize, held: Vec<Option<Buffer>>, children: Vec<Array>) -> Array {
        let start = |buffer: &Option<Buffer>| buffer.as_ref().map_or(ptr::null(), |b| b.start());
        let children = children.into_iter();
        let mut parts = Box::new(ArrayParts {
            starts: held.iter().map(start).collect(),
            _held: held,
            children: children
                .map(|child| Box::into_raw(Box::new(child)))
                .collect(),
        });
        Array {
            length: count(len),
            null_count: count(nulls),
            offset: 0,
            n_buffers: count(parts.starts.len()),
            n_children: count(parts.children.len()),
            buffers: parts.starts.as_mut_ptr(),
            children: parts.children.as_mut_ptr(),
            dictionary: ptr::null_mut(),
            release: Some(release_array),
            private_data: Box::into_raw(parts).cast(),
        }
    }
}

/// The integers behind a Decimal column of Polars, copied; `None` where one is missing, and of a column of another type.
pub fn decimals(series: &Bound<'_, PyAny>) -> PyResult<Option<Vec<i128>>> {
    const STREAM: &CStr = c"arrow_array_stream";
    let capsule = series
        .call_method0("__arrow_c_stream__")?
        .cast_into::<PyCapsule>()?;
    let stream: *mut Stream = capsule.pointer_checked(Some(STREAM))?.as_ptr().cast();
    let failed = || PyRuntimeError::new_err("the column's Arrow stream ended with an error");
    let mut values = Vec::new();
    // SAFETY: a capsule of that name points to a stream, which nobody else reads, and which it frees with itself. Both
    // callbacks are there, and fill an empty structure that is ours from then on. A column whose format is a decimal's
    // of 128 bits has two buffers, the second with `offset + length` values, which may lie at any address.
    #[expect(unsafe_code)]
    unsafe {
        let mut schema = MaybeUninit::<Schema>::zeroed().assume_init();
        let get_schema = (*stream).get_schema.ok_or_else(failed)?;
        if get_schema(stream, &raw mut schema) != 0 || schema.format.is_null() {
            return Err(failed());
        }
        let format = CStr::from_ptr(schema.format).to_bytes();
        if !format.starts_with(b"d:") || format.iter().filter(|byte| **byte == b',').count() != 1 {
            return Ok(None);
        }
        let get_next = (*stream).get_next.ok_or_else(failed)?;
        loop {
            let mut array = MaybeUninit::<Array>::zeroed().assume_init();
            if get_next(stream, &raw mut array) != 0 {
                return Err(failed());
            }
            if array.release.is_none() {
                return Ok(Some(values));
            }
            if array.null_count != 0 {
                return Ok(None);
            }
            let first = (*array.buffers.add(1))
                .cast::<i128>()
                .add(array.offset as usize);
            values.extend((0..array.length as usize).map(|row| first.add(row).read_unaligned()));
        }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: not released yet, and owned here.
            #[expect(unsafe_code)]
            unsafe {
                release(self);
            }
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: not released yet, and owned here.
            #[expect(unsafe_code)]
            unsafe {
                release(self);
            }
        }
    }
}

// SAFETY: whoever has a structure owns alone what it points to, but for the buffers, which are `Send` and `Sync`.
#[expect(unsafe_code)]
unsafe impl Send for Schema {}
// SAFETY: as above.
#[expect(unsafe_code)]
unsafe impl Send for Array {}

fn count(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

/// A frame of so many rows as `__arrow_c_array__` returns it: the capsules of its schema and of its columns.
pub fn capsules<'py>(
    py: Python<'py>,
    len: usize,
    columns: &[Column],
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    const SCHEMA: &CStr = c"arrow_schema";
    const ARRAY: &CStr = c"arrow_array";
    let field = |column: &Column| Schema::new(column.name.clone(), column.format.clone(), vec![]);
    let fields = columns.iter().map(field).collect();
    let schema = Schema::new(c"".to_owned(), c"+s".to_owned(), fields);
    let array = |column: &Column| Array::new(len, column.nulls, column.buffers.clone(), vec![]);
    let arrays = columns.iter().map(array).collect();
    let array = Array::new(len, 0, vec![None], arrays);
    Ok((
        PyCapsule::new_with_value(py, schema, SCHEMA)?,
        PyCapsule::new_with_value(py, array, ARRAY)?,
    ))
}
