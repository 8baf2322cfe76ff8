//! Amounts of several currencies, counted in one: for frames.
//!
//! The twin is `in_base` in `rustybt/results/_frames/_currencies.py`, which also finds the words where a rate is missing.

use rustybt_kernels::fixed::{div_half_even, mul_div_half_even};

use crate::number::Number;

const MONEY_SCALE: i64 = 20;

/// By slot the number of its pocket, its multiplier and the scale of that; by pocket what a unit of its currency is worth
/// at some places, as numerator and denominator: nothing for the base currency.
pub type Given = (
    Vec<(usize, Number, u32)>,
    Vec<Option<Vec<(Number, Number)>>>,
);

/// What counts amounts in the base currency.
pub struct Base {
    slots: Vec<(usize, i128, u32)>,
    rates: Vec<Option<Vec<(i128, i128)>>>,
}

impl Base {
    /// `None` where 128 bits don't hold a number of it.
    pub fn of(given: &Given) -> Option<Base> {
        let slot = |(pocket, multiplier, scale): &(usize, Number, u32)| {
            Some((*pocket, multiplier.0.narrow()?, *scale))
        };
        let rate = |(numerator, denominator): &(Number, Number)| {
            Some((numerator.0.narrow()?, denominator.0.narrow()?))
        };
        let rates = |rates: &Option<Vec<(Number, Number)>>| match rates {
            None => Some(None),
            Some(rates) => rates.iter().map(rate).collect::<Option<Vec<_>>>().map(Some),
        };
        Some(Base {
            slots: given.0.iter().map(slot).collect::<Option<Vec<_>>>()?,
            rates: given.1.iter().map(rates).collect::<Option<Vec<_>>>()?,
        })
    }

    /// Money of a slot's pocket at the rate of a place; rounded once, half-even. `None` where 128 bits don't hold it, or
    /// where there is no rate.
    #[inline]
    pub fn counted(&self, slot: usize, place: usize, amount: i128) -> Option<i128> {
        let Some(rates) = self.rates.get(self.slots.get(slot)?.0)? else {
            return Some(amount);
        };
        if amount == 0 {
            return Some(0);
        }
        match *rates.get(place)? {
            (numerator, denominator) if numerator > 0 && denominator > 0 => {
                mul_div_half_even(amount, numerator, denominator).ok()
            }
            _ => None,
        }
    }

    /// What brings units times a price to money, by slot: a factor and a divisor.
    pub fn to_money(&self, fill: &[u32], quantity: &[u32]) -> Option<Vec<(i128, i128)>> {
        let scales = fill.iter().zip(quantity);
        let factors =
            |((_, multiplier, scale), (fill, quantity)): (&(usize, i128, u32), (&u32, &u32))| {
                to_money(*multiplier, *scale, *fill, *quantity)
            };
        self.slots.iter().zip(scales).map(factors).collect()
    }
}

/// What units times a price are multiplied and divided by to come to money.
pub fn to_money(multiplier: i128, scale: u32, fill: u32, quantity: u32) -> Option<(i128, i128)> {
    let decimals = i64::from(fill) + i64::from(quantity) + i64::from(scale);
    let up = multiplier.checked_mul(power(MONEY_SCALE - decimals)?)?;
    Some((up, power(decimals - MONEY_SCALE)?))
}

/// Units times a price as money; rounded once, half-even.
#[inline]
pub fn worth(quantity: i128, price: i128, (up, down): (i128, i128)) -> Option<i128> {
    let product = quantity.checked_mul(price)?.checked_mul(up)?;
    match down {
        1 => Some(product),
        down => div_half_even(product, down).ok(),
    }
}

/// `10^exponent`, 1 where that is below zero.
fn power(exponent: i64) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent.max(0)).ok()?)
}
