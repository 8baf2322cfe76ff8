//! Lots of one asset, matched as they are sold or bought back: the twin of `rustybt/results/_lots.py`.
//!
//! Every amount is divided so that nothing is lost. What leaves 128 bits has no answer here.

use std::collections::VecDeque;

use crate::fixed::{mul_div_half_even, wide_division, wide_product};

/// Which lots a sale takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The oldest first.
    Fifo,
    /// The newest first.
    Lifo,
    /// All alike: there is one lot.
    Average,
    /// Likewise, and a trade goes on until nothing is held.
    Flat,
}

/// What was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fill, or a close-out.
    Traded,
    /// A split, or a dividend in shares.
    Restated,
    /// A dividend, or cash for a part of a share.
    Income,
    /// What settles daily, of which the price of a fill says all.
    Settled,
    /// A fee or another cost.
    Other,
}

/// A booking of one asset.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Where it stands among all bookings.
    pub row: usize,
    /// The number of the session.
    pub session: i64,
    /// What it is.
    pub kind: Kind,
    /// Units.
    pub quantity: i128,
    /// Money.
    pub amount: i128,
    /// The session of a dividend's ex-date.
    pub ex: Option<i64>,
    /// Of a fill, above zero for what was paid.
    pub fees: i128,
}

/// Units that were bought, or sold short, at one fill, as far as they are still held.
#[derive(Clone, Debug)]
pub struct Lot {
    /// Not short.
    pub long: bool,
    /// Above zero.
    pub quantity: i128,
    /// What they cost, or brought.
    pub value: i128,
    /// Costs so far.
    pub costs: i128,
    /// Income so far.
    pub income: i128,
    /// The booking of the fill.
    pub row: usize,
    /// Its session.
    pub session: i64,
    /// Whether units of several fills, or of several ends, were put together.
    pub several: bool,
}

impl Lot {
    /// Cuts off so many units with their share of everything; what is left keeps the rest.
    fn take(&mut self, quantity: i128) -> Option<Lot> {
        let share = |amount: i128| part(amount, quantity, self.quantity);
        let cut = Lot {
            quantity,
            value: share(self.value)?,
            costs: share(self.costs)?,
            income: share(self.income)?,
            ..self.clone()
        };
        self.quantity -= quantity;
        self.value = self.value.checked_sub(cut.value)?;
        self.costs = self.costs.checked_sub(cut.costs)?;
        self.income = self.income.checked_sub(cut.income)?;
        Some(cut)
    }

    /// Takes in another lot; it stays as old as it is.
    fn add(&mut self, other: &Lot) -> Option<()> {
        self.several = true;
        self.quantity = self.quantity.checked_add(other.quantity)?;
        self.value = self.value.checked_add(other.value)?;
        self.costs = self.costs.checked_add(other.costs)?;
        self.income = self.income.checked_add(other.income)?;
        Some(())
    }
}

/// What was opened and how it ended.
#[derive(Clone, Debug)]
pub struct Trade {
    /// What was opened.
    pub lot: Lot,
    /// The booking that ended it.
    pub exit: Option<usize>,
    /// The session of that, or the last one.
    pub last: i64,
    /// What the units brought, or cost, at their end.
    pub exit_value: i128,
    /// How many splits there were before the end.
    pub restated: usize,
}

/// A split: the session, and how many units became of how many.
pub type Restated = (i64, i128, i128);

/// The trades of one asset.
pub struct Matched {
    method: Method,
    lots: VecDeque<Lot>,
    trip: Option<usize>,
    /// Those that ended, then those that did not.
    pub trades: Vec<Trade>,
    /// The splits.
    pub units: Vec<Restated>,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Income,
    Costs,
}

fn part(amount: i128, of: i128, whole: i128) -> Option<i128> {
    if amount == 0 {
        return Some(0);
    }
    mul_div_half_even(amount, of, whole).ok()
}

/// `number * factor / divisor`, cut; none is below zero.
fn scaled(number: i128, factor: i128, divisor: i128) -> Option<i128> {
    let (high, low) = wide_product(number.unsigned_abs(), factor.unsigned_abs());
    let (quotient, _) = wide_division(high, low, divisor.unsigned_abs()).ok()?;
    i128::try_from(quotient).ok()
}

impl Matched {
    /// Goes through the lines, in the order of time; dividends count for those who held before the ex-date.
    pub fn of(method: Method, lines: &[Line]) -> Option<Matched> {
        let mut matched = Matched {
            method,
            lots: VecDeque::new(),
            trip: None,
            trades: Vec::new(),
            units: Vec::new(),
        };
        let mut earned: Vec<(i64, i128)> = lines
            .iter()
            .filter_map(|line| Some((line.ex?, line.amount)))
            .collect();
        earned.sort_unstable();
        let mut earned = earned.into_iter().peekable();
        for line in lines {
            let traded = line.kind == Kind::Traded;
            let due = |(ex, _): &(i64, i128)| *ex < line.session || (traded && *ex == line.session);
            while let Some((_, amount)) = earned.next_if(due) {
                matched.share(amount, What::Income)?;
            }
            match line.kind {
                Kind::Traded => matched.trade(line)?,
                Kind::Restated => matched.restate(line)?,
                Kind::Income if line.ex.is_some() => (),
                Kind::Income => matched.share(line.amount, What::Income)?,
                // a fee that took all that was bought
                _ if line.quantity != 0 => matched.trade(line)?,
                Kind::Settled => (),
                Kind::Other => matched.share(line.amount.checked_neg()?, What::Costs)?,
            }
        }
        for (_, amount) in earned {
            matched.share(amount, What::Income)?;
        }
        Some(matched)
    }

    /// Whether something is held still.
    pub fn holding(&self) -> bool {
        !self.lots.is_empty()
    }

    fn next_lot(&mut self) -> Option<&mut Lot> {
        match self.method {
            Method::Lifo => self.lots.back_mut(),
            _ => self.lots.front_mut(),
        }
    }

    fn trade(&mut self, line: &Line) -> Option<()> {
        let long = line.quantity > 0;
        let mut left = line.quantity.checked_abs()?;
        let mut value = if long {
            line.amount.checked_neg()?
        } else {
            line.amount
        };
        let mut fees = line.fees;
        while left != 0 {
            let Some(lot) = self.next_lot().filter(|lot| lot.long != long) else {
                break;
            };
            let whole = lot.quantity;
            let (quantity, exit_value, fee) = if whole < left {
                (whole, part(value, whole, left)?, part(fees, whole, left)?)
            } else {
                (left, value, fees)
            };
            left -= quantity;
            value = value.checked_sub(exit_value)?;
            fees = fees.checked_sub(fee)?;
            let mut closed = if quantity < whole {
                lot.take(quantity)?
            } else if self.method == Method::Lifo {
                self.lots.pop_back()?
            } else {
                self.lots.pop_front()?
            };
            closed.costs = closed.costs.checked_add(fee)?;
            self.close(closed, line, exit_value)?;
        }
        if left != 0 {
            self.open(Lot {
                long,
                quantity: left,
                value,
                costs: fees,
                income: 0,
                row: line.row,
                session: line.session,
                several: false,
            })?;
        }
        Some(())
    }

    fn open(&mut self, lot: Lot) -> Option<()> {
        let pooled = matches!(self.method, Method::Average | Method::Flat);
        match self.lots.front_mut().filter(|_| pooled) {
            Some(first) => first.add(&lot)?,
            None => self.lots.push_back(lot),
        }
        Some(())
    }

    fn close(&mut self, lot: Lot, line: &Line, exit_value: i128) -> Option<()> {
        match self.trip.and_then(|place| self.trades.get_mut(place)) {
            Some(trip) => {
                trip.lot.add(&lot)?;
                trip.exit = Some(line.row);
                trip.last = line.session;
                trip.exit_value = trip.exit_value.checked_add(exit_value)?;
            }
            None => {
                if self.method == Method::Flat {
                    self.trip = Some(self.trades.len());
                }
                self.trades.push(Trade {
                    lot,
                    exit: Some(line.row),
                    last: line.session,
                    exit_value,
                    restated: self.units.len(),
                });
            }
        }
        if self.lots.is_empty() {
            self.trip = None;
        }
        Some(())
    }

    /// A split, or a dividend in shares: every lot becomes as many more or fewer.
    fn restate(&mut self, line: &Line) -> Option<()> {
        let held = self.units_held()?;
        if held == 0 {
            return self.trade(&Line { amount: 0, ..*line });
        }
        let more = if self.lots.front()?.long {
            line.quantity
        } else {
            line.quantity.checked_neg()?
        };
        let now = held.checked_add(more)?.max(0);
        if now == 0 {
            for lot in std::mem::take(&mut self.lots) {
                self.close(lot, line, 0)?;
            }
            return Some(());
        }
        let (mut before, mut after) = (0_i128, 0);
        for lot in &mut self.lots {
            before += lot.quantity;
            lot.quantity = scaled(before, now, held)? - after;
            after += lot.quantity;
        }
        self.without_empty()?;
        self.units.push((line.session, now, held));
        if let Some(trip) = self.trip.and_then(|place| self.trades.get_mut(place)) {
            trip.lot.quantity = scaled(trip.lot.quantity, now, held)?;
        }
        Some(())
    }

    fn units_held(&self) -> Option<i128> {
        let mut lots = self.lots.iter();
        lots.try_fold(0_i128, |sum, lot| sum.checked_add(lot.quantity))
    }

    /// A lot of which nothing is left gives what it had to another.
    fn without_empty(&mut self) -> Option<()> {
        let lots = std::mem::take(&mut self.lots).into_iter();
        let (mut kept, empty): (VecDeque<Lot>, VecDeque<Lot>) =
            lots.partition(|lot| lot.quantity != 0);
        for lot in &empty {
            kept.front_mut()?.add(lot)?;
        }
        self.lots = kept;
        Some(())
    }

    /// Divides money among the lots by their units; where there are none, the last trade takes it.
    fn share(&mut self, amount: i128, what: What) -> Option<()> {
        let give = |lot: &mut Lot, part: i128| {
            let so_far = if what == What::Income {
                &mut lot.income
            } else {
                &mut lot.costs
            };
            *so_far = so_far.checked_add(part)?;
            Some(())
        };
        if self.lots.is_empty() {
            return match self.trades.last_mut() {
                Some(trade) => give(&mut trade.lot, amount),
                None => Some(()),
            };
        }
        let (mut amount, mut left) = (amount, self.units_held()?);
        let count = self.lots.len();
        for (place, lot) in self.lots.iter_mut().enumerate() {
            let share = if place + 1 == count {
                amount
            } else {
                part(amount, lot.quantity, left)?
            };
            amount = amount.checked_sub(share)?;
            left -= lot.quantity;
            give(lot, share)?;
        }
        Some(())
    }

    /// What is held after the last session, all of which is `worth` so much; short units are worth as much.
    pub fn end(&mut self, last: i64, mut worth: i128) -> Option<()> {
        let mut left = self.units_held()?;
        for lot in std::mem::take(&mut self.lots) {
            let value = part(worth, lot.quantity, left)?;
            worth = worth.checked_sub(value)?;
            left -= lot.quantity;
            let mut trade = Trade {
                lot,
                exit: None,
                last,
                exit_value: value,
                restated: self.units.len(),
            };
            if let Some(place) = self.trip.take() {
                // the trip goes on: what is held ends it
                let trip = self.trades.remove(place);
                trade.lot.add(&trip.lot)?;
                trade.exit_value = trade.exit_value.checked_add(trip.exit_value)?;
            }
            self.trades.push(trade);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(row: usize, quantity: i128, amount: i128) -> Line {
        Line {
            row,
            session: row as i64,
            kind: Kind::Traded,
            quantity,
            amount,
            ex: None,
            fees: 1,
        }
    }

    fn found(
        method: Method,
        lines: &[Line],
    ) -> Vec<(usize, Option<usize>, i128, i128, i128, i128)> {
        let Some(mut matched) = Matched::of(method, lines) else {
            panic!("it fits")
        };
        assert!(matched.end(9, 70).is_some());
        let columns = |trade: &Trade| {
            let lot = &trade.lot;
            (
                lot.row,
                trade.exit,
                lot.quantity,
                lot.value,
                trade.exit_value,
                lot.costs,
            )
        };
        matched.trades.iter().map(columns).collect()
    }

    #[test]
    fn two_buys_and_a_sale_by_hand() {
        let lines = [fill(0, 2, -20), fill(1, 3, -60), fill(2, -4, 100)];
        assert_eq!(
            found(Method::Fifo, &lines),
            [
                (0, Some(2), 2, 20, 50, 1),
                (1, Some(2), 2, 40, 50, 2),
                (1, None, 1, 20, 70, 0)
            ]
        );
        assert_eq!(
            found(Method::Lifo, &lines),
            [
                (1, Some(2), 3, 60, 75, 2),
                (0, Some(2), 1, 10, 25, 0),
                (0, None, 1, 10, 70, 1)
            ]
        );
        assert_eq!(
            found(Method::Average, &lines),
            [(0, Some(2), 4, 64, 100, 3), (0, None, 1, 16, 70, 0)]
        );
        assert_eq!(found(Method::Flat, &lines), [(0, None, 5, 80, 170, 3)]);
    }

    #[test]
    fn a_split_and_a_dividend_by_hand() {
        let split = Line {
            kind: Kind::Restated,
            quantity: 2,
            amount: 0,
            fees: 0,
            ..fill(1, 0, 0)
        };
        let dividend = Line {
            kind: Kind::Income,
            quantity: 0,
            ex: Some(2),
            fees: 0,
            ..fill(4, 0, 8)
        };
        let lines = [fill(0, 2, -20), split, fill(2, -3, 30), dividend];
        let Some(mut matched) = Matched::of(Method::Fifo, &lines) else {
            panic!("it fits")
        };
        assert_eq!(matched.units, [(1, 4, 2)]);
        assert!(matched.end(9, 12).is_some());
        let columns = |trade: &Trade| {
            (
                trade.lot.quantity,
                trade.lot.value,
                trade.lot.income,
                trade.restated,
            )
        };
        // the fourth unit is there, and the dividend of the ex-date is that of all four
        let rows: Vec<_> = matched.trades.iter().map(columns).collect();
        assert_eq!(rows, [(3, 15, 6, 1), (1, 5, 2, 1)]);
    }
}
