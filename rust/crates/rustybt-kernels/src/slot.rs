//! One asset in the books: its scales as the factors that the arithmetic needs, its position, and its mark.

use crate::fixed::product;
use crate::int::Int;
use crate::sizing::Sizing;

/// Decimals of cash and of every amount of money.
pub const MONEY_SCALE: u32 = 20;

/// One price a bar.
pub trait Series {
    /// The price at a bar; None beyond the last.
    fn price(&self, bar: usize) -> Option<i128>;
}

impl Series for Vec<i128> {
    fn price(&self, bar: usize) -> Option<i128> {
        self.get(bar).copied()
    }
}

/// The scales of an asset.
#[derive(Clone, Debug)]
pub struct Scales {
    /// Decimals of the marks.
    pub mark: u32,
    /// Decimals of a fill price, not fewer than the marks'.
    pub fill: u32,
    /// Decimals of a quantity.
    pub quantity: u32,
    /// The smallest quantity, scaled.
    pub step: Int,
    /// What one unit stands for, scaled.
    pub multiplier: Int,
    /// Decimals of the multiplier.
    pub multiplier_scale: u32,
    /// Whether gains and losses are settled into cash, as a future's are.
    pub daily_settled: bool,
}

/// Brings a product to the money scale.
#[derive(Clone, Debug)]
enum ToMoney {
    Up(Int),
    Down(Int),
}

impl ToMoney {
    fn from_scale(scale: u32) -> ToMoney {
        if scale <= MONEY_SCALE {
            ToMoney::Up(Int::power_of_ten(MONEY_SCALE - scale))
        } else {
            ToMoney::Down(Int::power_of_ten(scale - MONEY_SCALE))
        }
    }

    #[inline]
    fn apply(&self, product: Int) -> Int {
        match self {
            ToMoney::Up(factor) => product * factor,
            ToMoney::Down(divisor) => product.div_half_even(divisor),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Slot<L> {
    /// Where its money is.
    pub(crate) pocket: usize,
    marks: L,
    pub(crate) step: Int,
    pub(crate) multiplier: Int,
    mark_to_fill_scale: Int,
    fill_to_money: ToMoney,
    mark_to_money: ToMoney,
    pub(crate) unit_scale: u32,
    pub(crate) quantity: i128,
    pub(crate) cost: i128,
    pub(crate) mark: Option<Int>,
    pub(crate) daily_settled: bool,
    /// The sum of quantity times price times multiplier that is settled, of a slot that settles.
    pub(crate) settled: i128,
    /// What the position gains where the mark rises by one; None where that is no whole number of 128 bits.
    per_price: Option<i128>,
}

impl<L: Series> Slot<L> {
    pub(crate) fn new(pocket: usize, marks: L, scales: Scales) -> Slot<L> {
        let beside_price = scales.quantity + scales.multiplier_scale;
        Slot {
            pocket,
            marks,
            step: scales.step,
            multiplier: scales.multiplier,
            mark_to_fill_scale: Int::power_of_ten(scales.fill.saturating_sub(scales.mark)),
            fill_to_money: ToMoney::from_scale(scales.fill + beside_price),
            mark_to_money: ToMoney::from_scale(scales.mark + beside_price),
            unit_scale: scales.fill + beside_price,
            quantity: 0,
            cost: 0,
            mark: None,
            daily_settled: scales.daily_settled,
            settled: 0,
            per_price: None,
        }
    }

    /// Replaces the position.
    pub(crate) fn hold(&mut self, quantity: i128, cost: i128) {
        self.quantity = quantity;
        self.cost = cost;
        self.per_price = match &self.mark_to_money {
            ToMoney::Up(factor) => (Int::from(quantity) * &self.multiplier * factor).narrow(),
            ToMoney::Down(_) => None,
        };
    }

    /// Quantity times fill price times multiplier as money.
    #[inline]
    pub(crate) fn notional(&self, quantity: Int, price: &Int) -> Int {
        self.fill_to_money
            .apply(quantity * price * &self.multiplier)
    }

    /// The size of money, or of a share of it, at a price; less what is held if it is a target.
    #[inline]
    pub(crate) fn sizing<'a>(
        &'a self,
        value: &'a Int,
        weight: &'a Int,
        scale: u32,
        price: &'a Int,
        target: bool,
    ) -> Sizing<'a> {
        Sizing {
            value,
            weight,
            scale,
            price,
            multiplier: &self.multiplier,
            unit_scale: self.unit_scale,
            held: if target { self.quantity } else { 0 },
            step: &self.step,
        }
    }

    /// The price at a bar, at the fill scale.
    pub(crate) fn mark_at(&self, bar: usize) -> Option<Int> {
        match &self.mark {
            Some(price) => Some(price.clone()),
            None => Some(Int::from(self.marks.price(bar)?) * &self.mark_to_fill_scale),
        }
    }

    /// The position's value at a bar, as money: its exposure, or nothing where it settles.
    #[inline]
    pub(crate) fn worth_at(&self, bar: usize) -> Option<Int> {
        if self.daily_settled {
            return Some(Int::ZERO);
        }
        self.exposure_at(bar)
    }

    /// What the position comes to at a bar, as money.
    #[inline]
    pub(crate) fn exposure_at(&self, bar: usize) -> Option<Int> {
        if let Some(price) = &self.mark {
            return Some(self.notional(Int::from(self.quantity), price));
        }
        let price = self.marks.price(bar)?;
        if let Some(market_value) = self.per_price.and_then(|gain| product(gain, price)) {
            return Some(Int::from(market_value));
        }
        // the same number as at the fill price: both scales show it exactly, or round the same product
        let product = Int::from(self.quantity) * price * &self.multiplier;
        Some(self.mark_to_money.apply(product))
    }
}
