//! The books as integers: cash, positions, marks, and the sizes of orders that follow from them.
//!
//! The twin of `Books` in `rustybt/_kernels/_books.py`, which is the specification and says what each method
//! means. A method that refuses changes nothing.

use crate::fixed::mul_div_half_even;
use crate::int::Int;
use crate::pocket::Pocket;
use crate::sizing::DivisionByZero;
use crate::slot::Slot;
pub use crate::slot::{MONEY_SCALE, Scales, Series};

/// Money and quantities are below this, so that they fit 38 digits.
pub const LIMIT: i128 = 10_i128.pow(38);

/// Why a call changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An amount at or beyond the limit.
    Money(Int),
    /// No such slot.
    Slot,
    /// The marks of this slot have no price at the current bar.
    Price(usize),
    /// A size at a price of zero.
    ZeroPrice,
    /// No such pocket.
    Pocket,
    /// The account has a pocket in this currency already.
    Open,
    /// A transfer from a pocket to itself.
    Itself(usize),
    /// There is no rate of this pocket's currency at the current bar.
    Rate(usize),
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

/// Cash and positions of accounts in one or several currencies, marked on a series of prices per asset.
#[derive(Clone, Debug)]
pub struct Books<L> {
    accounts: Vec<String>,
    pockets: Vec<Pocket>,
    bar: usize,
    slots: Vec<Slot<L>>,
    opened: Vec<usize>,
    /// The slots that settle and are held or have variation to post.
    unsettled: Vec<usize>,
    overridden: bool,
    /// The positions' value, and the bar at which it is that.
    known: Option<(usize, i128)>,
}

impl<L> Default for Books<L> {
    fn default() -> Books<L> {
        Books {
            accounts: Vec::new(),
            pockets: Vec::new(),
            bar: 0,
            slots: Vec::new(),
            opened: Vec::new(),
            unsettled: Vec::new(),
            overridden: false,
            known: None,
        }
    }
}

impl<L: Series> Books<L> {
    /// Opens the cash of an account in a currency and returns its pocket.
    pub fn open_pocket(
        &mut self,
        account: &str,
        currency: &str,
        cash: &Int,
    ) -> Result<usize, Refusal> {
        if self.pocket(account, currency).is_some() {
            return Err(Refusal::Open);
        }
        let cash = money(cash)?;
        let place = self.account(account).unwrap_or_else(|| {
            self.accounts.push(account.to_owned());
            self.accounts.len() - 1
        });
        let number = self.pockets.len();
        let foreign = self
            .pockets
            .first()
            .is_some_and(|base| base.currency != currency);
        self.pockets
            .push(Pocket::new(number, place, currency, foreign, cash));
        Ok(number)
    }

    /// The place of an account.
    pub fn account(&self, name: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account == name)
    }

    /// The pocket of an account in a currency.
    pub fn pocket(&self, account: &str, currency: &str) -> Option<usize> {
        let account = self.account(account)?;
        let same = |one: &Pocket| one.account == account && one.currency == currency;
        self.pockets.iter().position(same)
    }

    /// Account and currency of each pocket.
    pub fn pockets(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = |one: &Pocket| self.accounts[one.account].as_str();
        self.pockets
            .iter()
            .map(move |one| (names(one), one.currency.as_str()))
    }

    /// The pockets in which anything was booked, the first one among them: by account, the base currency first.
    pub fn used(&self) -> Vec<usize> {
        let used = |pocket: &usize| self.pockets[*pocket].used;
        let mut found: Vec<usize> = (0..self.pockets.len()).filter(used).collect();
        found.sort_by_key(|pocket| self.pockets[*pocket].rank());
        found
    }

    /// Sets what a unit of a pocket's currency is worth in the base currency, at the current bar.
    pub fn set_rate(
        &mut self,
        pocket: usize,
        numerator: Int,
        denominator: Int,
    ) -> Result<(), Refusal> {
        let bar = self.bar;
        let of = self.pocket_mut(pocket)?;
        of.set_rate(Some((bar, numerator, denominator)));
        self.known = None;
        Ok(())
    }

    /// Forgets all rates.
    pub fn forget_rates(&mut self) {
        self.pockets
            .iter_mut()
            .for_each(|pocket| pocket.set_rate(None));
        self.known = None;
    }

    /// What a unit of a pocket's currency is worth in the base currency.
    pub fn rate(&self, pocket: usize) -> Result<(&Int, &Int), Refusal> {
        self.of(pocket)?.rate_at(self.bar)
    }

    /// Whether a pocket's currency is another than the base.
    pub fn is_foreign(&self, pocket: usize) -> Result<bool, Refusal> {
        self.of(pocket).map(|pocket| pocket.foreign)
    }

    /// Money of a pocket in the base currency at the bar's rate.
    pub fn in_base(&self, pocket: usize, amount: Int) -> Result<Int, Refusal> {
        self.of(pocket)?.to_base(amount, self.bar)
    }

    /// Cash of a pocket, in its currency: what was posted, and the variation that is not posted yet.
    pub fn cash_of(&self, pocket: usize) -> Result<Int, Refusal> {
        let posted = self.posted(pocket)?;
        Ok(self.variation_margin(pocket)? + posted)
    }

    /// The cash of all pockets, or of an account's, in the base currency.
    pub fn cash(&mut self, account: Option<usize>) -> Result<Int, Refusal> {
        if self.pockets.len() == 1 {
            return self.cash_of(0);
        }
        let mut total = Int::ZERO;
        for number in 0..self.pockets.len() {
            if account.is_none_or(|account| self.pockets[number].account == account) {
                let cash = self.cash_of(number)?;
                total = total + &self.pockets[number].cash_to_base(cash, self.bar)?;
            }
        }
        Ok(Int::from(money(&total)?))
    }

    /// What was posted to a pocket.
    pub fn posted(&self, pocket: usize) -> Result<i128, Refusal> {
        self.of(pocket).map(|pocket| pocket.posted)
    }

    /// Where marks are read.
    pub fn bar(&self) -> usize {
        self.bar
    }

    /// Registers an asset, booked in a pocket, and returns its slot.
    pub fn open_slot(&mut self, pocket: usize, marks: L, scales: Scales) -> Result<usize, Refusal> {
        self.of(pocket)?;
        self.slots.push(Slot::new(pocket, marks, scales));
        Ok(self.slots.len() - 1)
    }

    /// The pocket that the money of a slot is in.
    pub fn pocket_of(&self, slot: usize) -> Result<usize, Refusal> {
        self.slot(slot).map(|slot| slot.pocket)
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

    /// Reads every mark from its series again.
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
    pub fn notional(&self, slot: usize, quantity: Int, price: &Int) -> Result<Int, Refusal> {
        Ok(self.slot(slot)?.notional(quantity, price))
    }

    /// Books a fill and returns what it posted to cash: nothing, if the slot settles.
    pub fn fill(&mut self, slot: usize, quantity: Int, price: &Int) -> Result<Int, Refusal> {
        let s = self.slot(slot)?;
        let bought = !quantity.is_negative();
        let amount = -s.notional(quantity.clone(), price);
        let settled = if s.daily_settled {
            money(&(Int::from(s.settled) - &amount))?
        } else {
            0
        };
        let pocket = s.pocket;
        let posted = match self.pockets[pocket].posted {
            posted if s.daily_settled => posted,
            posted => money(&(Int::from(posted) + &amount))?,
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
            s.notional(Int::from(now), price)
        };
        let cost = if now == 0 { 0 } else { money(&cost)? };
        let daily_settled = s.daily_settled;
        self.replace(slot, now, cost);
        let pocket = &mut self.pockets[pocket];
        pocket.used = true;
        pocket.posted = posted;
        if daily_settled {
            self.keep_settled(slot, settled);
            return Ok(Int::ZERO);
        }
        Ok(amount)
    }

    /// Takes a cost of trading from cash and adds it to the position's cost, if there is one.
    pub fn charge(&mut self, slot: usize, amount: &Int) -> Result<(), Refusal> {
        let s = self.slots.get_mut(slot).ok_or(Refusal::Slot)?;
        let pocket = &mut self.pockets[s.pocket];
        let posted = money(&(Int::from(pocket.posted) - amount))?;
        if s.quantity != 0 {
            s.cost = money(&(Int::from(s.cost) + amount))?;
        }
        pocket.posted = posted;
        pocket.used = true;
        Ok(())
    }

    /// Adds an amount to the cash of a pocket.
    pub fn post(&mut self, pocket: usize, amount: &Int) -> Result<(), Refusal> {
        let of = self.pocket_mut(pocket)?;
        of.posted = money(&(Int::from(of.posted) + amount))?;
        of.used = true;
        Ok(())
    }

    /// Takes an amount from the cash of one pocket and adds another, of its own currency, to that of another one.
    pub fn transfer(
        &mut self,
        from: usize,
        amount: &Int,
        to: usize,
        received: &Int,
    ) -> Result<(), Refusal> {
        let (giver, taker) = (self.of(from)?, self.of(to)?);
        if from == to {
            return Err(Refusal::Itself(from));
        }
        let left = money(&(Int::from(giver.posted) - amount))?;
        let got = money(&(Int::from(taker.posted) + received))?;
        for (pocket, posted) in [(from, left), (to, got)] {
            let pocket = &mut self.pockets[pocket];
            pocket.posted = posted;
            pocket.used = true;
        }
        Ok(())
    }

    /// What is settled of the slots that settle and are held or have variation to post, as they came to it.
    pub fn settled(&self) -> impl Iterator<Item = (usize, i128)> {
        let settled = |&slot: &usize| (slot, self.slots[slot].settled);
        self.unsettled.iter().map(settled)
    }

    /// What was posted to each pocket, and whether anything was ever booked in it.
    pub fn posted_of_all(&self) -> impl Iterator<Item = (i128, bool)> {
        self.pockets
            .iter()
            .map(|pocket| (pocket.posted, pocket.used))
    }

    /// Replaces all that was booked: what was posted to each pocket, the positions in the order in which they were
    /// opened, and what is settled. Pockets and slots have to be open.
    pub fn restore(
        &mut self,
        pockets: &[(Int, bool)],
        positions: &[(usize, Int, Int)],
        settled: &[(usize, Int)],
    ) -> Result<(), Refusal> {
        for slot in std::mem::take(&mut self.unsettled) {
            self.slots[slot].settled = 0;
        }
        for slot in std::mem::take(&mut self.opened) {
            self.slots[slot].hold(0, 0);
        }
        for (number, (posted, used)) in pockets.iter().enumerate() {
            let pocket = self.pocket_mut(number)?;
            pocket.posted = money(posted)?;
            pocket.used = *used;
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
        self.known = None;
        Ok(())
    }

    /// The slots that settle and are held or have variation to post: by account, the base currency first, then in the
    /// order in which they came to it.
    pub fn unsettled(&self) -> Vec<usize> {
        let mut found = self.unsettled.clone();
        if self.pockets.len() > 1 {
            found.sort_by_key(|slot| self.pockets[self.slots[*slot].pocket].rank());
        }
        found
    }

    /// Whether a slot that settles is held or has variation to post.
    pub fn has_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// What is to be settled at the current marks, of all slots of a pocket.
    pub fn variation_margin(&self, pocket: usize) -> Result<Int, Refusal> {
        let mut total = Int::ZERO;
        for &slot in &self.unsettled {
            if self.slots[slot].pocket == pocket {
                total = total + &self.own_exposure(slot)? - self.slots[slot].settled;
            }
        }
        Ok(total)
    }

    /// Posts the variation of a slot at its mark to cash, and returns it; 0 where there is nothing to settle.
    pub fn settle(&mut self, slot: usize) -> Result<Int, Refusal> {
        if !self.unsettled.contains(&slot) {
            return Ok(Int::ZERO);
        }
        let exposure = money(&self.own_exposure(slot)?)?;
        let variation = Int::from(exposure) - self.slots[slot].settled;
        let pocket = &mut self.pockets[self.slots[slot].pocket];
        pocket.posted = money(&(variation.clone() + pocket.posted))?;
        self.keep_settled(slot, exposure);
        Ok(variation)
    }

    /// Replaces a position; a quantity of zero removes it. What is settled stays as it is.
    pub fn set_position(&mut self, slot: usize, quantity: &Int, cost: &Int) -> Result<(), Refusal> {
        let s = self.slot(slot)?;
        let (daily_settled, settled, pocket) = (s.daily_settled, s.settled, s.pocket);
        let quantity = within_limit(quantity)?;
        let cost = if quantity == 0 { 0 } else { money(cost)? };
        self.replace(slot, quantity, cost);
        self.pockets[pocket].used = true;
        if daily_settled {
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

    /// What a position comes to at its mark, as money of its pocket.
    fn own_exposure(&self, slot: usize) -> Result<Int, Refusal> {
        self.slot(slot)?
            .exposure_at(self.bar)
            .ok_or(Refusal::Price(slot))
    }

    /// What a position comes to at its mark, as money of the base currency.
    pub fn exposure(&self, slot: usize) -> Result<Int, Refusal> {
        let exposure = self.own_exposure(slot)?;
        self.pockets[self.slots[slot].pocket].to_base(exposure, self.bar)
    }

    /// The same, or nothing where the slot settles.
    #[inline]
    fn own_market_value(&self, slot: usize) -> Result<Int, Refusal> {
        self.slot(slot)?
            .worth_at(self.bar)
            .ok_or(Refusal::Price(slot))
    }

    /// The value of a position at its mark, as money of the base currency: its exposure, or nothing where it settles.
    pub fn market_value(&self, slot: usize) -> Result<Int, Refusal> {
        let market_value = self.own_market_value(slot)?;
        self.pockets[self.slots[slot].pocket].to_base(market_value, self.bar)
    }

    /// The sum of all positions, or those of an account, at their marks. Kept until the bar or a position changes.
    pub fn positions_value(&mut self, account: Option<usize>) -> Result<i128, Refusal> {
        if let Some(account) = account
            && self.accounts.len() > 1
        {
            return self.positions_value_of(account);
        }
        if let Some((bar, value)) = self.known
            && bar == self.bar
        {
            return Ok(value);
        }
        let mut total = Sum::default();
        if self.pockets.len() == 1 {
            // what nothing has to be converted of is the hottest of these loops
            for &slot in &self.opened {
                total.add(self.own_market_value(slot)?);
            }
        } else {
            for &slot in &self.opened {
                total.add(self.market_value(slot)?);
            }
        }
        let value = money(&total.total())?;
        self.known = Some((self.bar, value));
        Ok(value)
    }

    fn positions_value_of(&self, account: usize) -> Result<i128, Refusal> {
        let mut total = Int::ZERO;
        for &slot in &self.opened {
            if self.pockets[self.slots[slot].pocket].account == account {
                total = total + &self.market_value(slot)?;
            }
        }
        money(&total)
    }

    /// Cash and all positions at their marks, or those of an account.
    pub fn equity(&mut self, account: Option<usize>) -> Result<Int, Refusal> {
        // cash first, as the specification does: where both are refused, it is refused for the same reason
        let cash = self.cash(account)?;
        Ok(cash + self.positions_value(account)?)
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
        let (mut long, mut short) = (Sum::default(), Sum::default());
        let several = self.pockets.len() > 1;
        for &slot in &self.opened {
            let market_value = match several {
                true => self.market_value(slot)?,
                false => self.own_market_value(slot)?,
            };
            if market_value == Int::ZERO && self.own_exposure(slot)? == Int::ZERO {
                continue;
            }
            if self.slots[slot].quantity > 0 {
                long.add(market_value);
                sides.longs += 1;
            } else {
                short.add(market_value);
                sides.shorts += 1;
            }
        }
        sides.long_value = long.total();
        sides.short_value = short.total();
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

    /// How many units a share of the value of the slot's account is worth, less what is held if it is a target.
    pub fn size_of_weight(
        &mut self,
        slot: usize,
        weight: &Int,
        scale: u32,
        price: &Int,
        target: bool,
    ) -> Result<Int, Refusal> {
        let pocket = self.slot(slot)?.pocket;
        let value = self.equity(Some(self.pockets[pocket].account))?;
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
        let pocket = &self.pockets[s.pocket];
        if pocket.foreign {
            let own = pocket.own_of_base(value, weight, scale, self.bar)?;
            return Ok(s
                .sizing(&own, &Int::ONE, MONEY_SCALE, price, target)
                .size()?);
        }
        Ok(s.sizing(value, weight, scale, price, target).size()?)
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
    fn of(&self, pocket: usize) -> Result<&Pocket, Refusal> {
        self.pockets.get(pocket).ok_or(Refusal::Pocket)
    }

    #[inline]
    fn pocket_mut(&mut self, pocket: usize) -> Result<&mut Pocket, Refusal> {
        self.pockets.get_mut(pocket).ok_or(Refusal::Pocket)
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

/// A sum of many amounts, in 128 bits as long as they hold it.
#[derive(Default)]
struct Sum {
    narrow: i128,
    beyond: Option<Int>,
}

impl Sum {
    #[inline]
    fn add(&mut self, amount: Int) {
        if let Int::Narrow(amount) = amount
            && let Some(sum) = self.narrow.checked_add(amount)
        {
            self.narrow = sum;
            return;
        }
        let beyond = self.beyond.take().unwrap_or(Int::ZERO);
        self.beyond = Some(beyond + &amount);
    }

    fn total(self) -> Int {
        match self.beyond {
            None => Int::from(self.narrow),
            Some(beyond) => beyond + self.narrow,
        }
    }
}

#[inline]
pub(crate) fn money(amount: &Int) -> Result<i128, Refusal> {
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
