//! What happens to an open order, as far as it is arithmetic: fills, declines, cancels, prices that are reached.
//!
//! The twin, which has the whole table of transitions, is `rustybt/orders/_lifecycle.py`. What is not here is Python's.

use crate::int::Int;

/// `OrderStatus.OPEN`.
pub const OPEN: usize = 0;
/// `OrderStatus.FILLED`.
pub const FILLED: usize = 1;
/// `OrderStatus.CANCELLED`.
pub const CANCELLED: usize = 2;
/// `Cause.LIMIT_NOT_REACHED`.
pub const LIMIT_NOT_REACHED: i64 = 2;
/// `Cause.VOLUME_USED_UP`.
pub const VOLUME_USED_UP: i64 = 3;
/// `Cause.PARTLY_FILLED`.
pub const PARTLY_FILLED: i64 = 5;

/// What can happen to an order.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// So many units, signed, for a fee.
    Filled(&'a Int, &'a Int),
    /// It was tried, and did not fill for that cause.
    NotFilled(i64),
    /// Its limit was reached.
    LimitReached,
    /// Its stop was reached. limited: it has a limit too.
    StopReached {
        /// It has a limit too.
        limited: bool,
    },
    /// It is over for that cause.
    Cancelled(i64),
}

/// The fields of an order that change during its life.
pub struct Life<'a> {
    /// Units that were asked for, signed.
    pub amount: &'a Int,
    /// Units that are filled, signed.
    pub filled: &'a mut Int,
    /// Fees so far.
    pub commission: &'a mut Int,
    /// Units that fees were asked for.
    pub units_charged: &'a mut Int,
    /// Whether a bar reached its limit.
    pub limit_reached: &'a mut bool,
    /// Whether a bar reached its stop.
    pub stop_reached: &'a mut bool,
    /// A number of `OrderStatus`.
    pub status: &'a mut usize,
    /// A number of `Cause`.
    pub cause: &'a mut i64,
    /// ns UTC of the last change.
    pub changed: &'a mut i64,
}

impl Life<'_> {
    /// Applies a change to an open order. stamp: of the change, where it counts as the order's last one.
    pub fn advance(self, change: Change<'_>, stamp: Option<i64>) {
        match change {
            Change::Filled(quantity, fee) => {
                *self.filled = self.filled.clone() + quantity;
                *self.commission = self.commission.clone() + fee;
                let units = if quantity.is_negative() {
                    -quantity.clone()
                } else {
                    quantity.clone()
                };
                *self.units_charged = self.units_charged.clone() + &units;
                if *self.filled == *self.amount {
                    *self.status = FILLED;
                } else {
                    *self.cause = PARTLY_FILLED;
                }
            }
            // why is all that it says: its date does not change
            Change::NotFilled(cause) => {
                *self.cause = cause;
                return;
            }
            Change::LimitReached => *self.limit_reached = true,
            Change::StopReached { limited } => {
                *self.stop_reached = true;
                if limited {
                    *self.cause = LIMIT_NOT_REACHED;
                }
            }
            Change::Cancelled(cause) => {
                *self.cause = cause;
                *self.status = CANCELLED;
            }
        }
        if let Some(stamp) = stamp {
            *self.changed = stamp;
        }
    }
}

/// Whether a fill is one that an order can have: whole, or a part that leaves something on its own side.
pub fn fits(amount: &Int, filled: &Int, quantity: &Int, whole: bool) -> bool {
    let left = amount.clone() - &(filled.clone() + quantity);
    if whole || left == Int::ZERO || *quantity == Int::ZERO {
        return whole && left == Int::ZERO;
    }
    left.is_negative() == quantity.is_negative()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i128) -> Int {
        Int::from(value)
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Seen {
        filled: i128,
        commission: i128,
        units_charged: i128,
        reached: (bool, bool),
        status: usize,
        cause: i64,
        changed: i64,
    }

    fn after(amount: i128, changes: &[(Change<'_>, Option<i64>)]) -> Seen {
        let amount = int(amount);
        let (mut filled, mut commission, mut units_charged) = (Int::ZERO, Int::ZERO, Int::ZERO);
        let (mut limit_reached, mut stop_reached) = (false, false);
        let (mut status, mut cause, mut changed) = (OPEN, 0, 7);
        for (change, stamp) in changes {
            let life = Life {
                amount: &amount,
                filled: &mut filled,
                commission: &mut commission,
                units_charged: &mut units_charged,
                limit_reached: &mut limit_reached,
                stop_reached: &mut stop_reached,
                status: &mut status,
                cause: &mut cause,
                changed: &mut changed,
            };
            life.advance(*change, *stamp);
        }
        let number = |value: &Int| value.narrow().unwrap_or_default();
        Seen {
            filled: number(&filled),
            commission: number(&commission),
            units_charged: number(&units_charged),
            reached: (limit_reached, stop_reached),
            status,
            cause,
            changed,
        }
    }

    #[test]
    fn a_sale_fills_in_parts_and_is_over() {
        let (one, two, fee) = (int(-1), int(-2), int(5));
        let part = (Change::Filled(&one, &fee), Some(8));
        let seen = after(-3, &[part]);
        assert_eq!(
            (
                seen.filled,
                seen.units_charged,
                seen.status,
                seen.cause,
                seen.changed
            ),
            (-1, 1, OPEN, PARTLY_FILLED, 8)
        );
        let seen = after(-3, &[part, (Change::Filled(&two, &fee), Some(9))]);
        assert_eq!(
            (
                seen.filled,
                seen.commission,
                seen.units_charged,
                seen.status,
                seen.changed
            ),
            (-3, 10, 3, FILLED, 9)
        );
    }

    #[test]
    fn what_is_reached_declined_or_cancelled_moves_no_units() {
        let seen = after(4, &[(Change::StopReached { limited: true }, None)]);
        assert_eq!(
            (seen.reached, seen.cause, seen.changed),
            ((false, true), LIMIT_NOT_REACHED, 7)
        );
        let seen = after(
            4,
            &[
                (Change::LimitReached, Some(8)),
                (Change::NotFilled(VOLUME_USED_UP), Some(9)),
            ],
        );
        assert_eq!(
            (seen.reached, seen.cause, seen.changed),
            ((true, false), VOLUME_USED_UP, 8)
        );
        let seen = after(4, &[(Change::Cancelled(11), Some(9))]);
        assert_eq!(
            (seen.filled, seen.status, seen.cause, seen.changed),
            (0, CANCELLED, 11, 9)
        );
    }

    #[test]
    fn a_fill_that_an_order_can_not_have_does_not_fit() {
        for (amount, filled, quantity, whole, fit) in [
            (5, 0, 5, true, true),
            (5, 0, 5, false, false),
            (5, 2, 2, true, false),
            (5, 2, 2, false, true),
            (5, 2, 4, false, false),
            (5, 2, -1, false, false),
            (-5, -2, -1, false, true),
            (-5, -2, 0, false, false),
        ] {
            let (amount, filled, quantity) = (int(amount), int(filled), int(quantity));
            assert_eq!(fits(&amount, &filled, &quantity, whole), fit);
        }
    }
}
