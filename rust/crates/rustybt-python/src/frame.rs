//! A frame made of rows in one go: columns laid out as Polars takes them, without a copy and without a query.
//!
//! The twin is `rustybt/results/_frames/_frame_builder.py`. What does not fit 128 bits, or the digits of a frame, is
//! left to it, which finds the words for it.

use std::ffi::CString;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow::{self, Buffer, capsules};
use crate::base::{Base, worth};
use crate::rows::{Bits, Column, NOWHERE, PyRows};

/// Digits that a Decimal column holds.
const MAX_DIGITS: u32 = 38;
const LIMIT: i128 = 10_i128.pow(MAX_DIGITS);
/// Bytes that Arrow keeps of a text beside its length; a longer one lies elsewhere.
const INLINE: usize = 12;
const HEAD: usize = 4;
const MONEY_DECIMALS: &str = "20";

/// Name and kind of a column, the place of its values in the rows, and a text for some kinds.
pub type Spec = (String, String, Option<usize>, Option<String>);

/// Texts that columns point into, each laid out as Arrow's `string_view`.
#[derive(Default)]
pub struct Texts {
    views: Vec<u128>,
    longer: Arc<Vec<u8>>,
}

impl Texts {
    fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Texts {
        let mut all = Texts::default();
        texts.for_each(|text| all.add(text.as_bytes()));
        all
    }

    /// Adds one, in UTF-8.
    pub fn add(&mut self, text: &[u8]) {
        let mut view = [0; 16];
        view[..HEAD].copy_from_slice(&narrow(text.len()).to_ne_bytes());
        if text.len() <= INLINE {
            view[HEAD..HEAD + text.len()].copy_from_slice(text);
        } else {
            view[HEAD..2 * HEAD].copy_from_slice(&text[..HEAD]);
            // the number of the buffer, of which there is one: 0
            view[3 * HEAD..].copy_from_slice(&narrow(self.longer.len()).to_ne_bytes());
            Arc::make_mut(&mut self.longer).extend_from_slice(text);
        }
        self.views.push(u128::from_ne_bytes(view));
    }
}

/// Makes the number that a text ends in larger by one; its digits begin at `first`.
fn count_up(text: &mut Vec<u8>, first: usize) {
    for digit in text[first..].iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    text.insert(first, b'1');
}

/// A length or a place as Arrow has it. Beyond its 31 bits a wrong text would be shown: then rather none.
fn narrow(len: usize) -> u32 {
    i32::try_from(len)
        .expect("fewer than 2^31 of it")
        .unsigned_abs()
}

/// What columns look up by the slot of an asset, by the number of an order, by the session, or by the pocket.
#[pyclass(name = "AssetTable", module = "rustybt._kernels._rustybt", frozen)]
pub struct PyAssetTable {
    symbols: Texts,
    keys: Texts,
    ids: Texts,
    sids: Vec<i64>,
    quantity_scales: Vec<u32>,
    fill_scales: Vec<u32>,
    days: Vec<i32>,
    accounts: Texts,
    currencies: Texts,
}

#[pymethods]
impl PyAssetTable {
    #[new]
    #[expect(clippy::too_many_arguments)] // a table each
    fn new(
        symbols: Vec<String>,
        keys: Vec<String>,
        sids: Vec<i64>,
        quantity_scales: Vec<u32>,
        fill_scales: Vec<u32>,
        days: Vec<i32>,
        prefix: &str,
        orders: usize,
        pockets: Vec<(String, String)>,
    ) -> PyAssetTable {
        let mut ids = Texts::default();
        ids.views.reserve(orders);
        let mut text = format!("{prefix}0").into_bytes();
        for _ in 0..orders {
            count_up(&mut text, prefix.len());
            ids.add(&text);
        }
        PyAssetTable {
            symbols: Texts::of(symbols.iter().map(String::as_str)),
            keys: Texts::of(keys.iter().map(String::as_str)),
            ids,
            sids,
            quantity_scales,
            fill_scales,
            days,
            accounts: Texts::of(pockets.iter().map(|pocket| pocket.0.as_str())),
            currencies: Texts::of(pockets.iter().map(|pocket| pocket.1.as_str())),
        }
    }
}

impl PyAssetTable {
    /// Of the prices and of the quantities of a slot.
    pub fn scales(&self, slot: usize) -> Option<(u32, u32)> {
        Some((
            *self.fill_scales.get(slot)?,
            *self.quantity_scales.get(slot)?,
        ))
    }

    /// By slot.
    pub fn fill_scales(&self) -> &[u32] {
        &self.fill_scales
    }

    /// By slot.
    pub fn quantity_scales(&self) -> &[u32] {
        &self.quantity_scales
    }

    /// By slot.
    pub fn symbols(&self) -> &Texts {
        &self.symbols
    }

    /// That of a slot.
    pub fn sid(&self, slot: u32) -> Option<i64> {
        self.sids.get(slot as usize).copied()
    }

    /// That of a session.
    pub fn day(&self, session: u32) -> Option<i32> {
        self.days.get(session as usize).copied()
    }
}

/// A frame that is to be: `polars.DataFrame` takes it.
#[pyclass(name = "ArrowFrame", module = "rustybt._kernels._rustybt", frozen)]
pub struct PyArrowFrame {
    len: usize,
    columns: Vec<arrow::Column>,
}

#[pymethods]
impl PyArrowFrame {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema); // it may be refused, as here
        capsules(py, self.len, &self.columns)
    }
}

impl PyArrowFrame {
    /// A frame of columns of so many rows.
    pub fn of(len: usize, columns: Vec<arrow::Column>) -> PyArrowFrame {
        PyArrowFrame { len, columns }
    }

    /// The columns, or `None` where a number of theirs is too long.
    pub fn of_rows(
        rows: &PyRows,
        table: &PyAssetTable,
        slots: usize,
        columns: &[Spec],
        orders: Option<&PyRows>,
        base: Option<(Base, usize)>,
    ) -> PyResult<Option<PyArrowFrame>> {
        let slots = match orders {
            None => codes(rows, slots, 0)?,
            Some(orders) => {
                let (of_orders, _) = orders.short(0)?;
                let slot = |number: u32| {
                    of_orders
                        .get(number as usize)
                        .map_or(NOWHERE, |s| place(*s))
                };
                codes(rows, slots, 1)?.into_iter().map(slot).collect()
            }
        };
        let builder = FrameBuilder {
            rows,
            table,
            slots,
            base,
        };
        let mut laid = PyArrowFrame {
            len: rows.len(),
            columns: Vec::with_capacity(columns.len()),
        };
        for spec in columns {
            match builder.column(spec)? {
                Some(column) => laid.columns.push(column),
                None => return Ok(None),
            }
        }
        Ok(Some(laid))
    }
}

/// The integers of a short column as places in a table that starts at `first`.
fn codes(rows: &PyRows, column: usize, first: i64) -> PyResult<Vec<u32>> {
    let (values, there) = rows.short(column)?;
    let code = |(row, value): (usize, &i64)| {
        if there.get(row) {
            value.checked_sub(first).map_or(NOWHERE, place)
        } else {
            NOWHERE
        }
    };
    Ok(values.iter().enumerate().map(code).collect())
}

fn place(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(NOWHERE)
}

struct FrameBuilder<'a> {
    rows: &'a PyRows,
    table: &'a PyAssetTable,
    slots: Vec<u32>,
    /// What counts in the base currency, and the column of the stamps at whose changes its places change.
    base: Option<(Base, usize)>,
}

impl FrameBuilder<'_> {
    fn column(&self, spec: &Spec) -> PyResult<Option<arrow::Column>> {
        let (name, kind, at, text) = (&spec.0, spec.1.as_str(), spec.2, &spec.3);
        let (table, at, len) = (self.table, at.unwrap_or(usize::MAX), self.rows.len());
        let made = match kind {
            "count" => whole(name, "l", (0..len as i64).collect(), Bits::default()),
            "stamp" => {
                let (values, there) = self.rows.short(at)?;
                whole(name, "tsn:UTC", values.to_vec(), there.clone())
            }
            "whole" => {
                let (values, there) = self.rows.short(at)?;
                whole(name, "l", values.to_vec(), there.clone())
            }
            "day" => {
                let (values, there) = self.rows.short(at)?;
                let days = values.iter().map(|day| i32::try_from(*day));
                let days = days.collect::<Result<Vec<i32>, _>>()?;
                whole(name, "tdD", days, there.clone())
            }
            "date" => {
                let days = codes(self.rows, at, 0)?;
                let days = taken(&table.days, &days);
                whole(name, "tdD", days.0, days.1)
            }
            "sid" => {
                let sids = taken(&table.sids, &self.slots);
                whole(name, "l", sids.0, sids.1)
            }
            "number" => {
                let all: Vec<u32> = (0..narrow(len)).collect();
                texts(name, &table.ids, &all)
            }
            "id" => texts(name, &table.ids, &codes(self.rows, at, 1)?),
            "symbol" => texts(name, &table.symbols, &self.slots),
            "key" => texts(name, &table.keys, &self.slots),
            "constant" => {
                let only = Texts::of(text.as_deref().into_iter());
                texts(name, &only, &vec![0; len])
            }
            "text" => match self.rows.column(at)? {
                Column::Text(codes, table) => {
                    let all = Texts::of(table.texts.iter().map(String::as_str));
                    texts(name, &all, codes)
                }
                _ => return Err(PyValueError::new_err(format!("column {at} is no t"))),
            },
            "quantity" => return self.shortest(name, at, &table.quantity_scales),
            "price" => return self.shortest(name, at, &table.fill_scales),
            "account" => texts(name, &table.accounts, &codes(self.rows, at, 0)?),
            "currency" => texts(name, &table.currencies, &codes(self.rows, at, 0)?),
            "value_in_base" => return self.value_in_base(name, at),
            "in_base" => return self.in_base(name, at),
            "money" => return self.money(name, at, text.as_deref().unwrap_or_default()),
            _ => {
                return Err(PyValueError::new_err(format!(
                    "{kind:?} is no kind of column"
                )));
            }
        };
        Ok(Some(made?))
    }

    fn wide(&self, at: usize) -> PyResult<Option<(&[i128], &Bits)>> {
        match self.rows.column(at)? {
            Column::Wide(values, there, longer) if longer.is_empty() => Ok(Some((values, there))),
            Column::Wide(..) => Ok(None),
            _ => Err(PyValueError::new_err(format!("column {at} is no w"))),
        }
    }

    /// The worth of units at a place, at the price beside them, in the base currency.
    fn value_in_base(&self, name: &str, at: usize) -> PyResult<Option<arrow::Column>> {
        let (Some((base, _)), Some((units, _)), Some((prices, _))) =
            (&self.base, self.wide(at)?, self.wide(at + 1)?)
        else {
            return Ok(None);
        };
        let Some(factors) = base.to_money(&self.table.fill_scales, &self.table.quantity_scales)
        else {
            return Ok(None);
        };
        self.counted(name, |row, slot| {
            worth(units[row], prices[row], *factors.get(slot)?)
        })
    }

    /// The money at a place in the base currency.
    fn in_base(&self, name: &str, at: usize) -> PyResult<Option<arrow::Column>> {
        match self.wide(at)? {
            Some((money, _)) => self.counted(name, |row, _| Some(money[row])),
            None => Ok(None),
        }
    }

    /// Amounts, by row and slot, counted in the base currency.
    fn counted(
        &self,
        name: &str,
        amount: impl Fn(usize, usize) -> Option<i128>,
    ) -> PyResult<Option<arrow::Column>> {
        let Some((base, stamps)) = &self.base else {
            return Ok(None);
        };
        let (stamps, _) = self.rows.short(*stamps)?;
        let mut place = 0;
        let mut counted = Vec::with_capacity(stamps.len());
        for (row, slot) in self.slots.iter().enumerate() {
            if row > 0 && stamps[row] != stamps[row - 1] {
                place += 1;
            }
            let slot = *slot as usize;
            match amount(row, slot).and_then(|amount| base.counted(slot, place, amount)) {
                Some(amount) => counted.push(amount),
                None => return Ok(None),
            }
        }
        decimals(name, counted, Bits::default(), MONEY_DECIMALS)
    }

    fn money(&self, name: &str, at: usize, scale: &str) -> PyResult<Option<arrow::Column>> {
        let Some((values, there)) = self.wide(at)? else {
            return Ok(None);
        };
        decimals(name, values.to_vec(), there.clone(), scale)
    }

    fn shortest(&self, name: &str, at: usize, scales: &[u32]) -> PyResult<Option<arrow::Column>> {
        let Some((values, there)) = self.wide(at)? else {
            return Ok(None);
        };
        match shown(values, &self.slots, scales) {
            Some((values, scale)) => decimals(name, values, there.clone(), &scale.to_string()),
            None => Ok(None),
        }
    }
}

/// Values, each at the scale of its slot, at the smallest scale that shows all of them, and that scale; what belongs
/// to no slot is zero. `None` where 128 bits don't hold one.
pub fn shown(values: &[i128], slots: &[u32], scales: &[u32]) -> Option<(Vec<i128>, u32)> {
    if values.is_empty() {
        return Some((Vec::new(), 0));
    }
    let (widest, even) = widest(values, slots, scales);
    if even {
        return Some(shortened(values, widest));
    }
    let up = |scale: &u32| 10_i128.checked_pow(widest.saturating_sub(*scale));
    let ups = scales.iter().map(up).collect::<Option<Vec<i128>>>()?;
    let up = |slot: &u32| ups.get(*slot as usize).copied().unwrap_or(1);
    let raised = values
        .iter()
        .zip(slots)
        .map(|(value, slot)| value.checked_mul(up(slot)));
    Some(shortened(&raised.collect::<Option<Vec<i128>>>()?, widest))
}

/// The widest scale of slots that occur, of all where no slots are given; and whether they have no other.
fn widest(values: &[i128], slots: &[u32], scales: &[u32]) -> (u32, bool) {
    let widest = scales.iter().copied().max().unwrap_or(0);
    if slots.is_empty() || scales.iter().all(|scale| *scale == widest) {
        return (widest, scales.iter().all(|scale| *scale == widest));
    }
    // an asset that nothing was done with, such as the pair that rates are of, must not make work of all others
    let mut occurs = vec![false; scales.len()];
    for (slot, value) in slots.iter().zip(values) {
        match occurs.get_mut(*slot as usize) {
            Some(occurs) => *occurs = true,
            None if *value == 0 => {}
            None => return (widest, false),
        }
    }
    let mut found = scales.iter().zip(&occurs).filter(|(_, occurs)| **occurs);
    let Some((first, _)) = found.next() else {
        return (widest, false);
    };
    found.fold((*first, true), |(widest, even), (scale, _)| {
        (widest.max(*scale), even && widest == *scale)
    })
}

/// Values of a scale without the decimal zeros that all of them end in, and the scale that is left.
fn shortened(values: &[i128], scale: u32) -> (Vec<i128>, u32) {
    let bits = values.iter().fold(0, |all, value| all | value);
    if bits == 0 {
        return (values.to_vec(), 0);
    }
    // 10^n is a multiple of 2^n, and no value but 0 has more than 38 zeros
    let mut spare = scale.min(bits.trailing_zeros()).min(MAX_DIGITS);
    let first = values.iter().find(|value| **value != 0).copied();
    let mut longest = first.unwrap_or_default();
    loop {
        while spare > 0 && rest(longest, 10_i128.pow(spare)) != 0 {
            spare -= 1;
        }
        if spare == 0 {
            return (values.to_vec(), scale);
        }
        match divided(values, 10_i128.pow(spare)) {
            Ok(values) => return (values, scale - spare),
            Err(value) => longest = value,
        }
    }
}

/// All values divided, or the first that can't be without a rest.
fn divided(values: &[i128], divisor: i128) -> Result<Vec<i128>, i128> {
    let mut whole = Vec::with_capacity(values.len());
    let short = i64::try_from(divisor).ok();
    for &value in values {
        let quotient = match (i64::try_from(value), short) {
            (Ok(value), Some(divisor)) => i128::from(value / divisor),
            _ => value / divisor,
        };
        if quotient * divisor != value {
            return Err(value);
        }
        whole.push(quotient);
    }
    Ok(whole)
}

/// `value % divisor`, in 64 bits where they do.
fn rest(value: i128, divisor: i128) -> i128 {
    match (u64::try_from(value.unsigned_abs()), u64::try_from(divisor)) {
        (Ok(value), Ok(divisor)) => i128::from(value % divisor),
        _ => value % divisor,
    }
}

fn named(text: &str) -> PyResult<CString> {
    Ok(CString::new(text)?)
}

fn present(there: Bits) -> (usize, Option<Buffer>) {
    let missing = there.missing();
    let buffer: Option<Buffer> = match missing {
        0 => None,
        _ => Some(Arc::new(there.into_bytes())),
    };
    (missing, buffer)
}

/// A column of plain values.
pub fn whole<T: Send + Sync + 'static>(
    name: &str,
    format: &str,
    values: Vec<T>,
    there: Bits,
) -> PyResult<arrow::Column> {
    let (nulls, there) = present(there);
    let buffers = vec![there, Some(Arc::new(values) as Buffer)];
    Ok(arrow::Column {
        name: named(name)?,
        format: named(format)?,
        nulls,
        buffers,
    })
}

/// A Decimal column; `None` where a value has more digits than it holds.
pub fn decimals(
    name: &str,
    values: Vec<i128>,
    there: Bits,
    scale: &str,
) -> PyResult<Option<arrow::Column>> {
    if values
        .iter()
        .any(|value| *value <= -LIMIT || *value >= LIMIT)
    {
        return Ok(None);
    }
    whole(name, &format!("d:{MAX_DIGITS},{scale}"), values, there).map(Some)
}

/// What a table holds at some places.
fn taken<T: Copy + Default>(table: &[T], places: &[u32]) -> (Vec<T>, Bits) {
    if table.is_empty() {
        return (vec![T::default(); places.len()], Bits::none(places.len()));
    }
    let mut missing = false;
    let value = |place: &u32| {
        let found = table.get(*place as usize);
        missing |= found.is_none();
        found.copied().unwrap_or_default()
    };
    let values = places.iter().map(value).collect();
    let there = match missing {
        true => Bits::of(places.iter().map(|place| (*place as usize) < table.len())),
        false => Bits::default(),
    };
    (values, there)
}

/// The texts that stand at some places of a table.
pub fn texts(name: &str, table: &Texts, places: &[u32]) -> PyResult<arrow::Column> {
    let (views, there) = taken(&table.views, places);
    let (nulls, there) = present(there);
    let mut buffers = vec![there, Some(Arc::new(views) as Buffer)];
    let mut sizes = Vec::new();
    if !table.longer.is_empty() {
        sizes.push(table.longer.len() as i64);
        buffers.push(Some(table.longer.clone()));
    }
    buffers.push(Some(Arc::new(sizes)));
    Ok(arrow::Column {
        name: named(name)?,
        format: named("vu")?,
        nulls,
        buffers,
    })
}
