//! The frame of the positions at each close: the twin of `RunFrames._positions`.
//!
//! What was held is kept when it changes; here it is laid out for each session that it was held through, at that
//! session's marks.

use pyo3::prelude::*;
use rustybt_kernels::books::Series;
use rustybt_kernels::fixed::{div_half_even, product};

use crate::arrow::Column;
use crate::base::{Base, Given, to_money, worth};
use crate::frame::{PyArrowFrame, PyAssetTable, decimals, shown, texts, whole};
use crate::number::Number;
use crate::rows::{Bits, NOWHERE, PyRows};
use crate::series::PySeries;

const MONEY_SCALE: u32 = 20;

/// Multiplier, its scale, what a price is multiplied by, whether what is held settles.
type Terms = (Number, u32, Number, bool);

/// What is known of an asset that was held.
struct Held {
    prices: PySeries,
    mark_to_fill_scale: i128,
    /// To money: what units times a price are multiplied and divided by; costs of a unit the other way round.
    to_money: (i128, i128),
    daily_settled: bool,
}

impl Held {
    /// `None` where 128 bits don't hold it.
    fn of(terms: &Terms, prices: &Bound<'_, PyAny>, fill: u32, quantity: u32) -> Option<Held> {
        let (multiplier, mark_to_fill_scale) = (terms.0.0.narrow()?, terms.2.0.narrow()?);
        Some(Held {
            prices: PySeries::new(prices).ok()?,
            mark_to_fill_scale,
            to_money: to_money(multiplier, terms.1, fill, quantity)?,
            daily_settled: terms.3,
        })
    }

    fn cost_of_a_unit(&self, quantity: i128, cost: i128) -> Option<i128> {
        let (up, down) = self.to_money;
        div_half_even(cost.checked_mul(down)?, quantity.checked_mul(up)?).ok()
    }

    /// What a quantity gains where the price rises by one; `None` where that is no whole number of 128 bits.
    fn gain(&self, quantity: i128) -> Option<i128> {
        match self.to_money {
            (up, 1) => quantity
                .checked_mul(self.mark_to_fill_scale)?
                .checked_mul(up),
            _ => None,
        }
    }

    fn exposure(&self, quantity: i128, price: i128) -> Option<i128> {
        let mark = price.checked_mul(self.mark_to_fill_scale)?;
        worth(quantity, mark, self.to_money)
    }
}

/// The names of the columns; rows of slot, quantity and cost; the session since which each set of them was held, with
/// where it ends; the bar of each session's close; prices and terms of each slot. `None` where a number does not fit.
#[pyfunction]
#[expect(clippy::too_many_arguments)] // a column each
pub fn positions_frame(
    names: [String; 8],
    table: &PyAssetTable,
    holdings: &PyRows,
    sets: Vec<(usize, usize)>,
    bars: Vec<usize>,
    prices: Vec<Bound<'_, PyAny>>,
    terms: Vec<Terms>,
    base: Option<Given>,
) -> PyResult<Option<PyArrowFrame>> {
    let ((slots, _), (quantities, _, wide), (costs, _, wider)) =
        (holdings.short(0)?, holdings.wide(1)?, holdings.wide(2)?);
    if !wide.is_empty() || !wider.is_empty() {
        return Ok(None);
    }
    let slots: Vec<u32> = slots
        .iter()
        .map(|slot| u32::try_from(*slot).unwrap_or(NOWHERE))
        .collect();
    let kept = Kept {
        slots: &slots,
        quantities,
        costs,
        table,
    };
    let Some(held) = kept.held(&prices, &terms) else {
        return Ok(None);
    };
    let rates = base.as_ref().map(Base::of);
    if matches!(rates, Some(None)) {
        return Ok(None);
    }
    let Some(closes) = kept.closes(&sets, &bars, &held, rates.flatten().as_ref()) else {
        return Ok(None);
    };
    let columns = kept.columns(names, &held, closes)?;
    Ok(columns.map(|(len, columns)| PyArrowFrame::of(len, columns)))
}

/// What was held, in the order in which it was written down.
struct Kept<'a> {
    slots: &'a [u32],
    quantities: &'a [i128],
    costs: &'a [i128],
    table: &'a PyAssetTable,
}

/// A row for each position at each close.
struct Closes {
    sessions: Vec<u32>,
    /// Where it stands among what was held.
    rows: Vec<u32>,
    slots: Vec<u32>,
    prices: Vec<i128>,
    exposures: Vec<i128>,
}

impl Kept<'_> {
    /// By slot, of those that were ever held.
    fn held(&self, prices: &[Bound<'_, PyAny>], terms: &[Terms]) -> Option<Vec<Option<Held>>> {
        let mut held: Vec<Option<Held>> = terms.iter().map(|_| None).collect();
        for &slot in self.slots {
            let slot = slot as usize;
            if held.get(slot)?.is_none() {
                let (fill, quantity) = self.table.scales(slot)?;
                held[slot] = Some(Held::of(
                    terms.get(slot)?,
                    prices.get(slot)?,
                    fill,
                    quantity,
                )?);
            }
        }
        Some(held)
    }

    fn closes(
        &self,
        sets: &[(usize, usize)],
        bars: &[usize],
        held: &[Option<Held>],
        base: Option<&Base>,
    ) -> Option<Closes> {
        let until = |place: usize| sets.get(place + 1).map_or(bars.len(), |next| next.0);
        let mut begin = 0;
        let mut len = 0;
        for (place, (first, end)) in sets.iter().enumerate() {
            len += end.checked_sub(begin)? * until(place).checked_sub(*first)?;
            begin = *end;
        }
        let mut closes = Closes {
            sessions: Vec::with_capacity(len),
            rows: Vec::with_capacity(len),
            slots: Vec::with_capacity(len),
            prices: Vec::with_capacity(len),
            exposures: Vec::with_capacity(len),
        };
        begin = 0;
        for (place, (first, end)) in sets.iter().enumerate() {
            // what is the same in all sessions of the set
            let mut set = Vec::with_capacity(end - begin);
            for row in begin..*end {
                let slot = *self.slots.get(row)?;
                let known = held.get(slot as usize)?.as_ref()?;
                set.push((slot, known, known.gain(self.quantities[row])));
            }
            for session in *first..until(place) {
                let bar = *bars.get(session)?;
                closes
                    .sessions
                    .extend(std::iter::repeat_n(session as u32, set.len()));
                closes.rows.extend(begin as u32..*end as u32);
                closes.slots.extend(set.iter().map(|(slot, ..)| *slot));
                for (row, &(slot, known, gain)) in (begin..*end).zip(&set) {
                    let price = known.prices.price(bar)?;
                    closes.prices.push(price);
                    let exposure = match gain.and_then(|gain| product(gain, price)) {
                        Some(exposure) => exposure,
                        None => known.exposure(self.quantities[row], price)?,
                    };
                    closes.exposures.push(match base {
                        None => exposure,
                        Some(base) => base.counted(slot as usize, session, exposure)?,
                    });
                }
            }
            begin = *end;
        }
        Some(closes)
    }

    fn columns(
        &self,
        names: [String; 8],
        held: &[Option<Held>],
        closes: Closes,
    ) -> PyResult<Option<(usize, Vec<Column>)>> {
        let [session, symbol, sid, amount, basis, mark, value, exposure] = names;
        let len = closes.rows.len();
        let table = self.table;
        let cost = |row: usize| {
            let known = held.get(self.slots[row] as usize)?.as_ref()?;
            known.cost_of_a_unit(self.quantities[row], self.costs[row])
        };
        let Some(costs) = (0..self.slots.len())
            .map(cost)
            .collect::<Option<Vec<i128>>>()
        else {
            return Ok(None);
        };
        // what is held was held at a close at least: its shortest scale is that of all rows
        let amounts = shown(self.quantities, self.slots, table.quantity_scales());
        let (Some(amounts), Some(costs), Some(marks)) = (
            amounts,
            shown(&costs, self.slots, table.fill_scales()),
            marks(closes.prices, &closes.slots, held, table.fill_scales()),
        ) else {
            return Ok(None);
        };
        let at_rows = |(values, scale): (Vec<i128>, u32)| {
            let values = closes
                .rows
                .iter()
                .map(|row| values[*row as usize])
                .collect();
            (values, scale)
        };
        let daily_settled = held.iter().flatten().any(|known| known.daily_settled);
        let settled = |(slot, money): (&u32, &i128)| match &held[*slot as usize] {
            Some(known) if known.daily_settled => 0,
            _ => *money,
        };
        let market_value = daily_settled.then(|| {
            closes
                .slots
                .iter()
                .zip(&closes.exposures)
                .map(settled)
                .collect::<Vec<i128>>()
        });
        let decimal = |name: &str, (values, scale): (Vec<i128>, u32)| {
            decimals(name, values, Bits::default(), &scale.to_string())
        };
        let Some(exposed) = decimal(&exposure, (closes.exposures, MONEY_SCALE))? else {
            return Ok(None);
        };
        let market_value = match market_value {
            Some(market_value) => decimal(&value, (market_value, MONEY_SCALE))?,
            None => Some(exposed.named(&value)?),
        };
        let (Some(amounts), Some(costs), Some(marks), Some(market_value)) = (
            decimal(&amount, at_rows(amounts))?,
            decimal(&basis, at_rows(costs))?,
            decimal(&mark, marks)?,
            market_value,
        ) else {
            return Ok(None);
        };
        let days = closes.sessions.iter().map(|session| table.day(*session));
        let Some(days) = days.collect::<Option<Vec<i32>>>() else {
            return Ok(None);
        };
        let sids = closes.slots.iter().map(|slot| table.sid(*slot));
        let Some(sids) = sids.collect::<Option<Vec<i64>>>() else {
            return Ok(None);
        };
        let columns = vec![
            whole(&session, "tdD", days, Bits::default())?,
            texts(&symbol, table.symbols(), &closes.slots)?,
            whole(&sid, "l", sids, Bits::default())?,
            amounts,
            costs,
            marks,
            market_value,
            exposed,
        ];
        Ok(Some((len, columns)))
    }
}

/// Prices at the shortest scale that shows all of them.
fn marks(
    mut prices: Vec<i128>,
    slots: &[u32],
    held: &[Option<Held>],
    scales: &[u32],
) -> Option<(Vec<i128>, u32)> {
    let widest = scales.iter().copied().max().unwrap_or(0);
    let mut factors = vec![1; held.len()];
    for ((factor, known), scale) in factors.iter_mut().zip(held).zip(scales) {
        if let Some(known) = known {
            *factor = known
                .mark_to_fill_scale
                .checked_mul(10_i128.checked_pow(widest - scale)?)?;
        }
    }
    // zeros that all of them get need not be written to be taken away
    let used = held
        .iter()
        .zip(&factors)
        .filter(|(known, _)| known.is_some());
    let mut spare = widest;
    for (_, factor) in used {
        while spare > 0
            && 10_i128
                .checked_pow(spare)
                .is_none_or(|all| factor % all != 0)
        {
            spare -= 1;
        }
    }
    let down = 10_i128.checked_pow(spare)?;
    factors.iter_mut().for_each(|factor| *factor /= down);
    for (price, slot) in prices.iter_mut().zip(slots) {
        *price = price.checked_mul(factors[*slot as usize])?;
    }
    shown(&prices, &[], &[widest - spare])
}
