//! What a market order fills at and what the fill costs, by the models that come along.
//!
//! The twins are `quote` of the models in `rustybt/execution/slippage` and `per_unit` in `execution/commission`.

use crate::int::Int;
use crate::slot::MONEY_SCALE;

/// At what price, and how much of it, an order fills on a bar.
#[derive(Clone, Debug)]
pub enum Slippage {
    /// The price of the bar, all of the order.
    None,
    /// A fixed part of the price, within a share of the bar's volume.
    BasisPoints {
        /// What a buyer's price is multiplied by, before it is divided by `of`.
        buy: Int,
        /// The seller's.
        sell: Int,
        /// The divisor of both.
        of: Int,
        /// The share of the volume, divided by `share_of`.
        share: Int,
        /// Its divisor.
        share_of: Int,
    },
}

/// What a fill costs.
#[derive(Clone, Debug)]
pub enum Commission {
    /// Nothing.
    None,
    /// So much per unit, with a minimum per order.
    PerUnit {
        /// Money per unit.
        cost: Int,
        /// Decimals of `cost`.
        scale: u32,
        /// The least that an order costs, as money.
        minimum: Int,
    },
}

/// What an order asks a model.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whether the order, whole, is one to buy.
    pub buys: bool,
    /// Units still to fill, above zero.
    pub wanted: &'a Int,
    /// What the bar offers.
    pub price: &'a Int,
    /// Of the bar, above zero.
    pub volume: &'a Int,
    /// Units of it that went to earlier orders.
    pub used: &'a Int,
    /// The smallest quantity.
    pub step: &'a Int,
}

impl Slippage {
    /// Price and units; None where no order of the asset fills on this bar any more.
    pub fn quote(&self, asked: Asked<'_>) -> Option<(Int, Int)> {
        match self {
            Slippage::None => Some((asked.price.clone(), asked.wanted.clone())),
            Slippage::BasisPoints {
                buy,
                sell,
                of,
                share,
                share_of,
            } => {
                let portion = share_of.clone() * asked.step;
                let steps = (asked.volume.clone() * share).div_floor(&portion);
                let left = steps * asked.step - asked.used;
                if left.is_negative() || left == Int::ZERO {
                    return None;
                }
                let factor = if asked.buys { buy } else { sell };
                let price = (asked.price.clone() * factor).div_half_even(of);
                let more = (left.clone() - asked.wanted).is_negative();
                Some((price, if more { left } else { asked.wanted.clone() }))
            }
        }
    }
}

impl Commission {
    /// The cost of a fill of so many units (above zero), where the order has paid `paid` for `units_charged` units before.
    pub fn fee(&self, units: &Int, quantity_scale: u32, paid: &Int, units_charged: &Int) -> Int {
        match self {
            Commission::None => Int::ZERO,
            Commission::PerUnit {
                cost,
                scale,
                minimum,
            } => {
                let scale = scale + quantity_scale;
                let fee = as_money(units.clone() * cost, scale);
                if *paid == Int::ZERO {
                    return if (minimum.clone() - &fee).is_negative() {
                        fee
                    } else {
                        minimum.clone()
                    };
                }
                let total = as_money(units_charged.clone() * cost, scale) + &fee;
                if (total.clone() - minimum).is_negative() {
                    Int::ZERO
                } else {
                    total - paid
                }
            }
        }
    }
}

/// A product as money; rounded half-even beyond its decimals.
fn as_money(value: Int, scale: u32) -> Int {
    if scale <= MONEY_SCALE {
        value * &Int::power_of_ten(MONEY_SCALE - scale)
    } else {
        value.div_half_even(&Int::power_of_ten(scale - MONEY_SCALE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i128) -> Int {
        Int::from(value)
    }

    #[test]
    fn a_share_of_the_volume_is_cut_to_whole_steps() {
        // five basis points; a tenth of 1,234 in steps of 10 is 120
        let model = Slippage::BasisPoints {
            buy: int(10_005),
            sell: int(9_995),
            of: int(10_000),
            share: int(1),
            share_of: int(10),
        };
        let (volume, step, price) = (int(1_234), int(10), int(20_000));
        let asked = |buys, wanted, used| {
            model.quote(Asked {
                buys,
                wanted: &int(wanted),
                price: &price,
                volume: &volume,
                used: &int(used),
                step: &step,
            })
        };
        assert_eq!(asked(true, 500, 0), Some((int(20_010), int(120))));
        assert_eq!(asked(false, 50, 0), Some((int(19_990), int(50))));
        assert_eq!(asked(false, 50, 100), Some((int(19_990), int(20))));
        assert_eq!(asked(true, 50, 120), None);
    }

    #[test]
    fn an_order_pays_its_minimum_once() {
        let unit = 10_i128.pow(20);
        let model = Commission::PerUnit {
            cost: int(1),
            scale: 2,
            minimum: int(unit),
        };
        assert_eq!(model.fee(&int(40), 0, &int(0), &int(0)), int(unit));
        assert_eq!(model.fee(&int(60), 0, &int(unit), &int(40)), int(0));
        assert_eq!(model.fee(&int(100), 0, &int(unit), &int(100)), int(unit));
        assert_eq!(model.fee(&int(1_000), 1, &int(0), &int(0)), int(unit));
    }
}
