//! The books as integers: cash, positions, marks, and the sizes of orders that follow from them.
//!
//! The twin of `Books` in `rustybt/_kernels/_books.py`, which is the specification and says what each method
//! means. A method that refuses changes nothing.

use crate::fixed::mul_div_half_even;
use crate::int::Int;
use crate::sizing::{DivisionByZero, Sizing};
use crate::slot::Slot;
pub use crate::slot::{Lane, MONEY_SCALE, Scales};

/// Money and quantities are below this, so that they fit 38 digits.
pub const LIMIT: i128 = 10_i128.pow(38);

/// Why a call changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An amount at or beyond the limit.
    Money(Int),
    /// No such slot.
    Slot,
    /// The lane of this slot has no price at the current bar.
    Price(usize),
    /// A size at a price of zero.
    ZeroPrice,
}

impl From<DivisionByZero> for Refusal {
    fn from(_: DivisionByZero) -> Refusal {
        Refusal::ZeroPrice
    }
}

/// A position and the value of its mark, as a session's end takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which asset.
    pub slot: usize,
    /// Units held, scaled; below zero is short.
    pub quantity: i128,
    /// What they cost in all, as money.
    pub cost: i128,
}

/// Value and number of the long and of the short positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// What the long ones are worth.
    pub long_value: Int,
    /// What the short ones are worth: below zero.
    pub short_value: Int,
    /// How many are long.
    pub longs: usize,
    /// How many are short.
    pub shorts: usize,
}

/// Cash and positions of one account in one currency, marked on a lane of prices per asset.
#[derive(Clone, Debug)]
pub struct Books<L> {
    posted: i128,
    bar: usize,
    slots: Vec<Slot<L>>,
    opened: Vec<usize>,
    /// The slots that settle and are held or have variation to post.
    unsettled: Vec<usize>,
    overridden: bool,
    /// The positions' value, and the bar at which it is that.
    known: Option<(usize, i128)>,
}

impl<L: Lane> Books<L> {
    /// Empty books with so much cash.
    pub fn new(cash: &Int) -> Result<Books<L>, Refusal> {
        Ok(Books {
            posted: money(cash)?,
            bar: 0,
            slots: Vec::new(),
            opened: Vec::new(),
            unsettled: Vec::new(),
            overridden: false,
            known: None,
        })
    }

    /// Cash as it stands: what was posted, and the variation that is not posted yet.
    pub fn cash(&self) -> Result<Int, Refusal> {
        Ok(self.variation()? + self.posted)
    }

    /// What was posted to cash.
    pub fn posted(&self) -> i128 {
        self.posted
    }

    /// Where marks are read.
    pub fn bar(&self) -> usize {
        self.bar
    }

    /// Registers an asset and returns its slot.
    pub fn open_slot(&mut self, lane: L, scales: Scales) -> usize {
        self.slots.push(Slot::new(lane, scales));
        self.slots.len() - 1
    }

    /// Moves to a bar.
    pub fn seek(&mut self, bar: usize) {
        self.bar = bar;
    }

    /// The price of a slot at the current bar, at its fill scale.
    pub fn mark(&self, slot: usize) -> Result<Int, Refusal> {
        self.slot(slot)?
            .mark_at(self.bar)
            .ok_or(Refusal::Price(slot))
    }

    /// Marks a slot at a price of its fill scale until the overrides are cleared.
    pub fn override_mark(&mut self, slot: usize, price: Int) -> Result<(), Refusal> {
        self.slot_mut(slot)?.mark = Some(price);
        self.overridden = true;
        self.known = None;
        Ok(())
    }

    /// Reads every mark from its lane again.
    pub fn clear_overrides(&mut self) {
        if self.overridden {
            for slot in &mut self.slots {
                slot.mark = None;
            }
            self.overridden = false;
            self.known = None;
        }
    }

    /// Quantity times fill price times multiplier as money.
    pub fn gross(&self, slot: usize, quantity: Int, price: &Int) -> Result<Int, Refusal> {
        Ok(self.slot(slot)?.gross(quantity, price))
    }

    /// Books a fill and returns what it posted to cash: nothing, if the slot settles.
    pub fn fill(&mut self, slot: usize, quantity: Int, price: &Int) -> Result<Int, Refusal> {
        let s = self.slot(slot)?;
        let bought = !quantity.is_negative();
        let amount = -s.gross(quantity.clone(), price);
        let settled = if s.settles {
            money(&(Int::from(s.settled) - &amount))?
        } else {
            0
        };
        let posted = if s.settles {
            self.posted
        } else {
            money(&(Int::from(self.posted) + &amount))?
        };
        let held = s.quantity;
        let now = within_limit(&(quantity + held))?;
        let cost = if held == 0 || now == 0 {
            -amount.clone()
        } else if (held > 0) == bought {
            Int::from(s.cost) - &amount
        } else if (held > 0) == (now > 0) {
            match mul_div_half_even(s.cost, now, held) {
                Ok(share) => Int::from(share),
                Err(_) => (Int::from(s.cost) * now).div_half_even(&Int::from(held)),
            }
        } else {
            s.gross(Int::from(now), price)
        };
        let cost = if now == 0 { 0 } else { money(&cost)? };
        let settles = s.settles;
        self.replace(slot, now, cost);
        if settles {
            self.keep_settled(slot, settled);
            return Ok(Int::ZERO);
        }
        self.posted = posted;
        Ok(amount)
    }

    /// Takes a cost of trading from cash and adds it to the position's cost, if there is one.
    pub fn charge(&mut self, slot: usize, amount: &Int) -> Result<(), Refusal> {
        let posted = money(&(Int::from(self.posted) - amount))?;
        let s = self.slot_mut(slot)?;
        if s.quantity != 0 {
            s.cost = money(&(Int::from(s.cost) + amount))?;
        }
        self.posted = posted;
        Ok(())
    }

    /// Adds an amount to cash.
    pub fn post(&mut self, amount: &Int) -> Result<(), Refusal> {
        self.posted = money(&(Int::from(self.posted) + amount))?;
        Ok(())
    }

    /// The slots that settle and are held or have variation to post, in the order in which they came to it.
    pub fn unsettled(&self) -> &[usize] {
        &self.unsettled
    }

    /// What is settled of those, in the same order.
    pub fn settled(&self) -> impl Iterator<Item = (usize, i128)> {
        let settled = |&slot: &usize| (slot, self.slots[slot].settled);
        self.unsettled.iter().map(settled)
    }

    /// Replaces all that was booked: what was posted, the positions in the order in which they were opened, and what is
    /// settled. Of what it refuses nothing is left.
    pub fn restore(
        &mut self,
        posted: &Int,
        positions: &[(usize, Int, Int)],
        settled: &[(usize, Int)],
    ) -> Result<(), Refusal> {
        let posted = money(posted)?;
        for slot in std::mem::take(&mut self.unsettled) {
            self.slots[slot].settled = 0;
        }
        for slot in std::mem::take(&mut self.opened) {
            self.slots[slot].hold(0, 0);
        }
        for (slot, amount) in settled {
            let amount = money(amount)?;
            self.slot_mut(*slot)?.settled = amount;
            self.unsettled.push(*slot);
        }
        for (slot, quantity, cost) in positions {
            self.slot(*slot)?;
            self.replace(*slot, within_limit(quantity)?, money(cost)?);
        }
        self.posted = posted;
        self.known = None;
        Ok(())
    }

    /// What is to be settled at the current marks, of all slots.
    pub fn variation(&self) -> Result<Int, Refusal> {
        let mut total = Int::ZERO;
        for &slot in &self.unsettled {
            total = total + &self.exposure(slot)? - self.slots[slot].settled;
        }
        Ok(total)
    }

    /// Posts the variation of a slot at its mark to cash, and returns it; 0 where there is nothing to settle.
    pub fn settle(&mut self, slot: usize) -> Result<Int, Refusal> {
        if !self.unsettled.contains(&slot) {
            return Ok(Int::ZERO);
        }
        let exposure = money(&self.exposure(slot)?)?;
        let variation = Int::from(exposure) - self.slots[slot].settled;
        self.posted = money(&(variation.clone() + self.posted))?;
        self.keep_settled(slot, exposure);
        Ok(variation)
    }

    /// Replaces a position; a quantity of zero removes it. What is settled stays as it is.
    pub fn set_position(&mut self, slot: usize, quantity: &Int, cost: &Int) -> Result<(), Refusal> {
        let s = self.slot(slot)?;
        let (settles, settled) = (s.settles, s.settled);
        let quantity = within_limit(quantity)?;
        let cost = if quantity == 0 { 0 } else { money(cost)? };
        self.replace(slot, quantity, cost);
        if settles {
            self.keep_settled(slot, settled);
        }
        Ok(())
    }

    /// The slots with a position, in the order in which the positions were opened.
    pub fn held(&self) -> &[usize] {
        &self.opened
    }

    /// Quantity and total cost of a slot; zeros where nothing is held.
    pub fn position(&self, slot: usize) -> Result<(i128, i128), Refusal> {
        self.slot(slot).map(|s| (s.quantity, s.cost))
    }

    /// All positions, in the order in which they were opened.
    pub fn positions(&self) -> impl Iterator<Item = Result<Position, Refusal>> {
        let position = |&slot: &usize| {
            let (quantity, cost) = self.position(slot)?;
            Ok(Position {
                slot,
                quantity,
                cost,
            })
        };
        self.opened.iter().map(position)
    }

    /// What a position comes to at its mark, as money.
    pub fn exposure(&self, slot: usize) -> Result<Int, Refusal> {
        self.slot(slot)?
            .exposure_at(self.bar)
            .ok_or(Refusal::Price(slot))
    }

    /// The value of a position at its mark, as money: its exposure, or nothing where it settles.
    pub fn worth(&self, slot: usize) -> Result<Int, Refusal> {
        self.slot(slot)?
            .worth_at(self.bar)
            .ok_or(Refusal::Price(slot))
    }

    /// The sum of all positions at their marks. Kept until the bar or a position changes.
    pub fn positions_value(&mut self) -> Result<i128, Refusal> {
        if let Some((bar, value)) = self.known
            && bar == self.bar
        {
            return Ok(value);
        }
        let mut total = Int::ZERO;
        for &slot in &self.opened {
            total = total + &self.worth(slot)?;
        }
        let value = money(&total)?;
        self.known = Some((self.bar, value));
        Ok(value)
    }

    /// Cash and all positions at their marks.
    pub fn value(&mut self) -> Result<Int, Refusal> {
        let positions = self.positions_value()?;
        Ok(self.cash()? + positions)
    }

    /// What the long and what the short positions come to at their marks, those that settle included.
    pub fn long_and_short_exposure(&self) -> Result<(Int, Int), Refusal> {
        let (mut long, mut short) = (Int::ZERO, Int::ZERO);
        for &slot in &self.opened {
            let exposure = self.exposure(slot)?;
            if self.slots[slot].quantity > 0 {
                long = long + &exposure;
            } else {
                short = short + &exposure;
            }
        }
        Ok((long, short))
    }

    /// Value and number of the long and of the short positions. One that comes to nothing isn't counted.
    pub fn long_and_short(&self) -> Result<Sides, Refusal> {
        let mut sides = Sides {
            long_value: Int::ZERO,
            short_value: Int::ZERO,
            longs: 0,
            shorts: 0,
        };
        for &slot in &self.opened {
            let worth = self.worth(slot)?;
            if worth == Int::ZERO && self.exposure(slot)? == Int::ZERO {
                continue;
            }
            if self.slots[slot].quantity > 0 {
                sides.long_value = sides.long_value + &worth;
                sides.longs += 1;
            } else {
                sides.short_value = sides.short_value + &worth;
                sides.shorts += 1;
            }
        }
        Ok(sides)
    }

    /// How many units an amount of money at `scale` is worth, less what is held if it is a target.
    pub fn size_of_value(
        &self,
        slot: usize,
        amount: &Int,
        scale: u32,
        price: &Int,
        target: bool,
    ) -> Result<Int, Refusal> {
        self.size(slot, amount, &Int::ONE, scale, price, target)
    }

    /// How many units a share of the portfolio's value is worth, less what is held if it is a target.
    pub fn size_of_weight(
        &mut self,
        slot: usize,
        weight: &Int,
        scale: u32,
        price: &Int,
        target: bool,
    ) -> Result<Int, Refusal> {
        let value = self.value()?;
        self.size(
            slot,
            &value,
            weight,
            MONEY_SCALE.saturating_add(scale),
            price,
            target,
        )
    }

    fn size(
        &self,
        slot: usize,
        value: &Int,
        weight: &Int,
        scale: u32,
        price: &Int,
        target: bool,
    ) -> Result<Int, Refusal> {
        let s = self.slot(slot)?;
        let sizing = Sizing {
            value,
            weight,
            scale,
            price,
            multiplier: &s.multiplier,
            unit_scale: s.unit_scale,
            held: if target { s.quantity } else { 0 },
            step: &s.step,
        };
        Ok(sizing.size()?)
    }

    /// Sets a position and keeps the order of opening: one that was closed and comes back goes to the end.
    fn replace(&mut self, slot: usize, quantity: i128, cost: i128) {
        let before = self.slots[slot].quantity;
        if before == 0 && quantity != 0 {
            self.opened.push(slot);
        } else if before != 0 && quantity == 0 {
            self.opened.retain(|&other| other != slot);
        }
        self.slots[slot].hold(quantity, cost);
        self.known = None;
    }

    /// Remembers what is settled of a slot, as long as it is held or has something to post.
    fn keep_settled(&mut self, slot: usize, settled: i128) {
        self.slots[slot].settled = settled;
        let kept = settled != 0 || self.slots[slot].quantity != 0;
        let known = self.unsettled.contains(&slot);
        if kept && !known {
            self.unsettled.push(slot);
        } else if known && !kept {
            self.unsettled.retain(|&other| other != slot);
        }
    }

    #[inline]
    fn slot(&self, slot: usize) -> Result<&Slot<L>, Refusal> {
        self.slots.get(slot).ok_or(Refusal::Slot)
    }

    #[inline]
    fn slot_mut(&mut self, slot: usize) -> Result<&mut Slot<L>, Refusal> {
        self.slots.get_mut(slot).ok_or(Refusal::Slot)
    }
}

#[inline]
fn money(amount: &Int) -> Result<i128, Refusal> {
    match amount {
        Int::Narrow(value) if -LIMIT < *value && *value < LIMIT => Ok(*value),
        _ => Err(Refusal::Money(amount.clone())),
    }
}

/// A quantity; beyond the limit the refusal names the limit, as the quantity has another scale than money.
#[inline]
fn within_limit(quantity: &Int) -> Result<i128, Refusal> {
    money(quantity).map_err(|_| Refusal::Money(Int::from(LIMIT)))
}
