//! The trades of a run's assets, as frames of results read them.

use std::collections::HashMap;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rustybt_kernels::lots::{Kind, Line, Matched, Method, Restated, Trade};

use crate::arrow;
use crate::frame::{PyArrowFrame, decimals, whole};
use crate::rows::Bits;

/// An asset, its order, and when that filled.
type Filled = (i64, i64, i64);
/// The bookings of an asset.
type OfAsset = (i64, Vec<Line>);
/// The trades, and of each asset its splits.
type Found = (PyArrowFrame, Vec<(i64, Vec<Restated>)>);

/// What Python calls the kinds of bookings, by their place.
const KINDS: [&str; 7] = [
    "fill",
    "auto_close",
    "restated",
    "income",
    "settled",
    "fee",
    "in_kind",
];

/// Bookings of several assets, in the order of time, a column each.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Bookings<'py> {
    sid: Bound<'py, PyAny>,
    stamp: Bound<'py, PyAny>,
    session: Bound<'py, PyAny>,
    kind: Bound<'py, PyAny>,
    order: Bound<'py, PyAny>,
    ex: Bound<'py, PyAny>,
    quantity: Bound<'py, PyAny>,
    amount: Bound<'py, PyAny>,
}

/// `rustybt/results/_lots.py` over all assets; `None` where a number leaves 128 bits, and where what is held at the end
/// is worth nothing that is known.
///
/// kind: 0 a fill, 1 a close-out, 2 a split, 3 income, 4 what settles, 5 a fee, 6 a fee in kind, else another cost.
/// ex: -1 without a date. worth: of what is held at the end, by asset.
#[pyfunction]
pub fn matched_lots(
    py: Python<'_>,
    method: &str,
    bookings: Bookings<'_>,
    worth: HashMap<i64, i128>,
    last: i64,
) -> PyResult<Option<Found>> {
    let method = match method {
        "fifo" => Method::Fifo,
        "lifo" => Method::Lifo,
        "average" => Method::Average,
        "flat" => Method::Flat,
        _ => return Err(PyValueError::new_err("method")),
    };
    let Some(lines) = lines(py, &bookings)? else {
        return Ok(None);
    };
    let (mut rows, mut units) = (Rows::default(), Vec::new());
    for (sid, own) in lines {
        let Some(mut matched) = Matched::of(method, &own) else {
            return Ok(None);
        };
        let value = match (matched.holding(), worth.get(&sid)) {
            (true, None) => return Ok(None),
            (true, Some(value)) => *value,
            (false, _) => 0,
        };
        if matched.end(last, value).is_none() {
            return Ok(None);
        }
        matched
            .trades
            .iter()
            .for_each(|trade| rows.push(sid, trade));
        if !matched.units.is_empty() {
            units.push((sid, matched.units));
        }
    }
    Ok(rows.frame()?.map(|frame| (frame, units)))
}

/// The bookings by asset, a fill with its fees: the twin of `Booked.lines`.
fn lines(py: Python<'_>, given: &Bookings<'_>) -> PyResult<Option<Vec<OfAsset>>> {
    let read = |column: &Bound<'_, PyAny>| PyBuffer::<i64>::get(column)?.to_vec(py);
    let (sids, stamps, sessions) = (
        read(&given.sid)?,
        read(&given.stamp)?,
        read(&given.session)?,
    );
    let (kinds, orders, exes) = (read(&given.kind)?, read(&given.order)?, read(&given.ex)?);
    let columns = (
        arrow::decimals(&given.quantity)?,
        arrow::decimals(&given.amount)?,
    );
    let (Some(quantities), Some(amounts)) = columns else {
        return Ok(None);
    };
    let mut all: Vec<OfAsset> = Vec::new();
    let mut places: HashMap<i64, usize> = HashMap::new();
    let mut filled: HashMap<Filled, usize> = HashMap::new();
    for row in 0..sids.len() {
        let (sid, quantity, amount) = (sids[row], quantities[row], amounts[row]);
        let place = *places.entry(sid).or_insert_with(|| {
            all.push((sid, Vec::new()));
            all.len() - 1
        });
        let own = &mut all[place].1;
        let key = (sid, orders[row], stamps[row]);
        let name = usize::try_from(kinds[row])
            .ok()
            .and_then(|kind| KINDS.get(kind));
        let name = name.copied().unwrap_or("");
        if let "fee" | "in_kind" = name
            && let Some(fill) = filled.get(&key)
        {
            let bought = &mut own[*fill];
            let changed = if name == "fee" {
                bought
                    .fees
                    .checked_sub(amount)
                    .map(|fees| (bought.quantity, bought.amount, fees))
            } else if quantity
                .checked_neg()
                .is_some_and(|taken| taken < bought.quantity)
            {
                // what the fee took never arrived: it was neither held nor sold
                let units = bought.quantity.checked_add(quantity);
                let paid = bought.amount.checked_add(amount);
                units
                    .zip(paid)
                    .map(|(units, paid)| (units, paid, bought.fees))
            } else {
                own.push(line(
                    row,
                    sessions[row],
                    Kind::Other,
                    quantity,
                    amount,
                    None,
                ));
                continue;
            };
            let Some((units, paid, fees)) = changed else {
                return Ok(None);
            };
            (bought.quantity, bought.amount, bought.fees) = (units, paid, fees);
            continue;
        }
        if name == "fill" {
            filled.insert(key, own.len());
        }
        let kind = match name {
            "fill" | "auto_close" => Kind::Traded,
            "restated" => Kind::Restated,
            "income" => Kind::Income,
            "settled" => Kind::Settled,
            _ => Kind::Other,
        };
        let ex = (exes[row] >= 0).then_some(exes[row]);
        own.push(line(row, sessions[row], kind, quantity, amount, ex));
    }
    Ok(Some(all))
}

fn line(
    row: usize,
    session: i64,
    kind: Kind,
    quantity: i128,
    amount: i128,
    ex: Option<i64>,
) -> Line {
    Line {
        row,
        session,
        kind,
        quantity,
        amount,
        ex,
        fees: 0,
    }
}

/// The columns of trades.
#[derive(Default)]
struct Rows {
    short: [Vec<i64>; 7],
    wide: [Vec<i128>; 5],
}

impl Rows {
    fn push(&mut self, sid: i64, trade: &Trade) {
        let lot = &trade.lot;
        let place = |row: usize| i64::try_from(row).unwrap_or(-1);
        let short = [
            sid,
            if lot.long { 1 } else { -1 },
            place(lot.row),
            trade.exit.map_or(-1, place),
            trade.last,
            i64::from(lot.several),
            place(trade.restated),
        ];
        let wide = [
            lot.quantity,
            lot.value,
            trade.exit_value,
            lot.income,
            lot.costs,
        ];
        self.short
            .iter_mut()
            .zip(short)
            .for_each(|(column, value)| column.push(value));
        self.wide
            .iter_mut()
            .zip(wide)
            .for_each(|(column, value)| column.push(value));
    }

    fn frame(self) -> PyResult<Option<PyArrowFrame>> {
        const SHORT: [&str; 7] = [
            "sid",
            "side",
            "entry_row",
            "exit_row",
            "last",
            "several",
            "restated",
        ];
        const WIDE: [&str; 5] = ["quantity", "value", "exit_value", "income", "costs"];
        let len = self.short[0].len();
        let all = || Bits::of((0..len).map(|_| true));
        let mut columns = Vec::new();
        for (name, values) in SHORT.into_iter().zip(self.short) {
            columns.push(whole(name, "l", values, all())?);
        }
        for (name, values) in WIDE.into_iter().zip(self.wide) {
            match decimals(name, values, all(), "0")? {
                Some(column) => columns.push(column),
                None => return Ok(None),
            }
        }
        Ok(Some(PyArrowFrame::of(len, columns)))
    }
}
