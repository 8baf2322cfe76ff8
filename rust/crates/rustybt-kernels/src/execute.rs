//! What an order that is ready fills of a bar, and at what price: models and amounts, no order types.
//!
//! The twin is `Execution.of` in `rustybt/execution/simulated/_execute.py`.

use crate::int::Int;
use crate::matching::{Asked, Slippage};

/// The volume of a bar, as the orders of an asset share it.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Of the bar, above zero.
    pub volume: Int,
    /// Units of it that went to earlier orders.
    pub used: Int,
    /// Whether no order of the asset fills on this bar any more.
    pub exhausted: bool,
}

/// An order that a bar has let through.
#[derive(Clone, Copy, Debug)]
pub struct Ready<'a> {
    /// Whether the order, whole, is one to buy.
    pub buys: bool,
    /// Units still to fill, signed.
    pub left: &'a Int,
    /// At which it can fill.
    pub price: &'a Int,
    /// The price that a buy never exceeds, a sale never undercuts.
    pub cap: Option<&'a Int>,
    /// The smallest quantity.
    pub step: &'a Int,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Executed {
    /// No volume is left.
    Exhausted,
    /// The model made a price of zero or less of one above zero.
    NoPrice(Int),
    /// So many units, signed, fill at a price.
    Fill(Int, Int),
}

/// Fills an order as far as the models and the volume allow. positive: whether a price above zero has to stay so.
pub fn execute(
    slippage: &Slippage,
    shared: &mut Shared,
    ready: Ready<'_>,
    positive: bool,
) -> Executed {
    if shared.exhausted {
        return Executed::Exhausted;
    }
    let to_buy = !ready.left.is_negative();
    let wanted = if to_buy {
        ready.left.clone()
    } else {
        -ready.left.clone()
    };
    let asked = Asked {
        buys: ready.buys,
        wanted: &wanted,
        price: ready.price,
        volume: &shared.volume,
        used: &shared.used,
        step: ready.step,
    };
    let Some((mut price, units)) = slippage.quote(asked) else {
        shared.exhausted = true;
        return Executed::Exhausted;
    };
    if positive && above_zero(ready.price) && !above_zero(&price) {
        return Executed::NoPrice(price);
    }
    shared.used = std::mem::replace(&mut shared.used, Int::ZERO) + &units;
    if let Some(cap) = ready.cap {
        let apart = price.clone() - cap;
        if apart != Int::ZERO && apart.is_negative() != to_buy {
            price = cap.clone();
        }
    }
    Executed::Fill(if to_buy { units } else { -units }, price)
}

fn above_zero(number: &Int) -> bool {
    !number.is_negative() && *number != Int::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i128) -> Int {
        Int::from(value)
    }

    fn run(slippage: &Slippage, orders: &[(i128, Option<i128>)]) -> Vec<Executed> {
        let mut shared = Shared {
            volume: int(100),
            used: Int::ZERO,
            exhausted: false,
        };
        let filled = orders.iter().map(|(left, cap)| {
            let (left, cap) = (int(*left), cap.map(int));
            let ready = Ready {
                buys: !left.is_negative(),
                left: &left,
                price: &int(1_000),
                cap: cap.as_ref(),
                step: &Int::ONE,
            };
            execute(slippage, &mut shared, ready, true)
        });
        filled.collect()
    }

    fn points(share: i128, buy: i128, sell: i128) -> Slippage {
        Slippage::BasisPoints {
            buy: int(buy),
            sell: int(sell),
            of: int(1_000),
            share: int(share),
            share_of: int(10),
        }
    }

    #[test]
    fn orders_share_the_volume_until_it_is_used_up() {
        let filled = run(
            &points(1, 1_000, 1_000),
            &[(6, None), (-6, None), (1, None)],
        );
        let fill = |units| Executed::Fill(int(units), int(1_000));
        assert_eq!(filled, [fill(6), fill(-4), Executed::Exhausted]);
    }

    #[test]
    fn a_price_never_leaves_its_cap() {
        let filled = run(
            &points(10, 1_010, 990),
            &[
                (1, Some(1_005)),
                (1, Some(1_020)),
                (-1, Some(995)),
                (-1, None),
            ],
        );
        let at = |units, price| Executed::Fill(int(units), int(price));
        assert_eq!(
            filled,
            [at(1, 1_005), at(1, 1_010), at(-1, 995), at(-1, 990)]
        );
    }

    #[test]
    fn a_model_that_leaves_no_price_is_noticed() {
        assert_eq!(
            run(&points(10, 1_000, -1), &[(-1, None)]),
            [Executed::NoPrice(int(-1))]
        );
    }
}
