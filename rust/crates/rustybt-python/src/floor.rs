//! A whole bar of orders in one call: matched, booked, charged and recorded.
//!
//! The twin is what the Python code does otherwise: `SimulatedBroker.work`, `Ledger.fill` and `charge`, and the loop that
//! calls them. What it can't do it leaves alone, and says so before it has changed anything.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use rustybt_kernels::books::Lane;
use rustybt_kernels::int::Int;
use rustybt_kernels::matching::{Asked, Commission, Slippage};

use crate::books::PyBooks;
use crate::lane::PyLane;
use crate::number::Number;
use crate::order::{FILLED, PyIntake, PyOrder};
use crate::rows::{PyRows, Value};

const LIMIT_NOT_REACHED: i64 = 2;
const VOLUME_USED_UP: i64 = 3;
const PARTLY_FILLED: i64 = 5;

/// What is known of an asset with orders; `plain` where its orders can be worked here.
struct Known {
    plain: bool,
    tradable: PyLane,
    offered: PyLane,
    /// What `offered` reads, for `quiet`.
    lane: Py<PyAny>,
    lane_to_fill: Int,
    quantity_scale: u32,
    step: Int,
}

/// A fill, and its fee.
struct Done {
    slot: usize,
    number: i64,
    quantity: Int,
    price: Int,
    fee: Int,
}

/// Where orders of a run meet its books.
#[pyclass(name = "Floor", module = "rustybt._kernels._rustybt")]
pub struct PyFloor {
    books: Py<PyBooks>,
    intake: Py<PyIntake>,
    entries: Py<PyRows>,
    transactions: Py<PyRows>,
    meet: Py<PyAny>,
    no_price: Py<PyAny>,
    field: String,
    slippage: Slippage,
    commission: Commission,
    limits_hold: bool,
    stops_date_orders: bool,
    fees_can_fall: bool,
    triggers_need_volume: bool,
    known: Vec<Option<Known>>,
    /// By slot, the last round of unseen orders that had one of it.
    rounds: Vec<u64>,
    round: u64,
}

type Points = (Number, Number, Number, Number, Number);
type PerUnit = (Number, u32, Number);

#[pymethods]
impl PyFloor {
    #[new]
    #[expect(clippy::too_many_arguments)] // the parts of a run, each once
    fn new(
        books: Py<PyBooks>,
        intake: Py<PyIntake>,
        entries: Py<PyRows>,
        transactions: Py<PyRows>,
        meet: Py<PyAny>,
        no_price: Py<PyAny>,
        field: String,
        slippage: Option<Points>,
        commission: Option<PerUnit>,
        limits_hold: bool,
        stops_date_orders: bool,
        fees_can_fall: bool,
        triggers_need_volume: bool,
    ) -> PyFloor {
        let slippage = match slippage {
            None => Slippage::None,
            Some((buy, sell, of, share, share_of)) => Slippage::BasisPoints {
                buy: buy.0,
                sell: sell.0,
                of: of.0,
                share: share.0,
                share_of: share_of.0,
            },
        };
        let commission = match commission {
            None => Commission::None,
            Some((cost, scale, minimum)) => Commission::PerUnit {
                cost: cost.0,
                scale,
                minimum: minimum.0,
            },
        };
        PyFloor {
            books,
            intake,
            entries,
            transactions,
            meet,
            no_price,
            field,
            slippage,
            commission,
            limits_hold,
            stops_date_orders,
            fees_can_fall,
            triggers_need_volume,
            known: Vec::new(),
            rounds: Vec::new(),
            round: 0,
        }
    }

    fn work(&mut self, py: Python<'_>, bar: usize, stamp: i64, session: i64) -> PyResult<bool> {
        let intake = self.intake.clone_ref(py);
        let mut intake = intake.bind(py).borrow_mut();
        let events = intake.events.clone_ref(py);
        let mut events = events.bind(py).borrow_mut();
        let unseen = intake.take_unseen(py)?;
        let mut done = Vec::with_capacity(unseen.as_ref().map_or(0, Vec::len));
        let worked = match unseen {
            Some(orders) => match self.can_work(py, &orders) {
                Ok(true) => {
                    let worked = self.work_unseen(
                        py,
                        &mut intake,
                        orders,
                        bar,
                        stamp,
                        &mut events,
                        &mut done,
                    );
                    worked.map(|()| true)?
                }
                asked => {
                    intake.keep(py, orders)?;
                    asked?;
                    self.work_queues(py, &mut intake, bar, stamp, &mut events, &mut done)?
                }
            },
            None => {
                intake.show_unseen(py)?;
                self.work_queues(py, &mut intake, bar, stamp, &mut events, &mut done)?
            }
        };
        if worked {
            self.book(py, stamp, session, &done)?;
        }
        Ok(worked)
    }
}

/// What a bar offers to the orders of an asset.
struct Offer<'a> {
    known: &'a Known,
    price: Int,
    volume: Int,
    /// Units of the volume that went to earlier orders.
    used: Int,
    trades: bool,
    exhausted: bool,
    /// Whether an order was let through by its stop and limit, or had none.
    tried: bool,
}

impl<'a> Offer<'a> {
    fn new(known: &'a Known, bar: usize) -> PyResult<Offer<'a>> {
        let volume = Int::from(price_of(&known.tradable, bar)?);
        let trades = above_zero(&volume);
        Ok(Offer {
            known,
            price: Int::from(price_of(&known.offered, bar)?) * &known.lane_to_fill,
            volume,
            used: Int::ZERO,
            trades,
            exhausted: false,
            tried: !trades,
        })
    }
}

impl PyFloor {
    /// Whether orders that nobody has seen can be worked as they are: one an asset, of assets that this works.
    fn can_work(&mut self, py: Python<'_>, orders: &[PyOrder]) -> PyResult<bool> {
        self.round += 1;
        for order in orders {
            if !self.learn(py, order.slot, order.listing.bind(py))? {
                return Ok(false);
            }
            let last = &mut self.rounds[order.slot];
            if std::mem::replace(last, self.round) == self.round {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Works orders that nobody has seen. What is not filled whole is shown from now on.
    #[expect(clippy::too_many_arguments)] // the bar, and where its fills go
    fn work_unseen(
        &self,
        py: Python<'_>,
        intake: &mut PyIntake,
        mut orders: Vec<PyOrder>,
        bar: usize,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Done>,
    ) -> PyResult<()> {
        let mut tried = orders.iter_mut();
        let stopped = loop {
            let Some(order) = tried.next() else {
                break None;
            };
            match self.work_one(py, intake, order, bar, stamp, events, done) {
                Ok(None) => {}
                Ok(Some(price)) => break Some(Ok((order.number, price))),
                Err(error) => break Some(Err(error)),
            }
        };
        // whatever happened, no order is lost
        intake.keep(py, orders)?;
        match stopped {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok((number, price))) => Err(self.no_price(py, intake.shown(py, number)?, price)),
        }
    }

    /// Works an order that nobody has seen. Returns the price of zero or less that a model made, if one did.
    #[expect(clippy::too_many_arguments)] // the bar, and where its fills go
    fn work_one(
        &self,
        py: Python<'_>,
        intake: &PyIntake,
        order: &mut PyOrder,
        bar: usize,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Done>,
    ) -> PyResult<Option<Int>> {
        let Some(Some(known)) = self.known.get(order.slot) else {
            return Ok(None);
        };
        if self.is_quiet(py, intake, order.slot, bar)? {
            return Ok(None);
        }
        let mut offer = Offer::new(known, bar)?;
        Ok(self.try_order(order, &mut offer, stamp, events, done).err())
    }

    /// Works the queues, asset by asset. False, with nothing done, where there is an asset that this can't work.
    fn work_queues(
        &mut self,
        py: Python<'_>,
        intake: &mut PyIntake,
        bar: usize,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Done>,
    ) -> PyResult<bool> {
        let open = intake.queues(py);
        let mut queues = Vec::with_capacity(open.len());
        for (slot, queue) in open.iter() {
            let slot: usize = slot.extract()?;
            let queue = queue.cast_into::<PyList>()?;
            let order = queue.get_item(0)?.cast_into::<PyOrder>()?;
            let listing = order.borrow().listing.clone_ref(py);
            if !self.learn(py, slot, listing.bind(py))? {
                return Ok(false);
            }
            queues.push((slot, queue));
        }
        for (slot, queue) in queues {
            if self.is_quiet(py, intake, slot, bar)? {
                continue;
            }
            let whole = self.work_asset(py, intake, slot, &queue, bar, stamp, events, done)?;
            if whole == queue.len() {
                open.del_item(slot)?;
            } else if whole > 0 {
                let left = queue.iter().filter(|order| {
                    order
                        .cast::<PyOrder>()
                        .is_ok_and(|order| order.borrow().status == 0)
                });
                open.set_item(slot, PyList::new(py, left.collect::<Vec<_>>())?)?;
            }
        }
        Ok(true)
    }

    /// Whether orders of the slot can be worked here; asks its listing the first time.
    fn learn(&mut self, py: Python<'_>, slot: usize, listing: &Bound<'_, PyAny>) -> PyResult<bool> {
        if let Some(Some(known)) = self.known.get(slot) {
            return Ok(known.plain);
        }
        let lane = listing.call_method1("column", (self.field.as_str(),))?;
        let known = Known {
            plain: !listing.getattr("is_future")?.is_truthy()?,
            tradable: PyLane::new(&listing.getattr("tradable")?)?,
            offered: PyLane::new(&lane)?,
            lane: lane.unbind(),
            lane_to_fill: listing.getattr("lane_to_fill")?.extract::<Number>()?.0,
            quantity_scale: listing.getattr("quantity_scale")?.extract()?,
            step: listing.getattr("step")?.extract::<Number>()?.0,
        };
        self.meet.bind(py).call1((listing,))?;
        if self.known.len() <= slot {
            self.known.resize_with(slot + 1, || None);
            self.rounds.resize(slot + 1, 0);
        }
        let plain = known.plain;
        self.known[slot] = Some(known);
        Ok(plain)
    }

    fn no_price(&self, py: Python<'_>, order: Bound<'_, PyOrder>, price: Int) -> PyErr {
        match self.no_price.bind(py).call1((order, Number(price))) {
            Ok(raised) => PyErr::from_value(raised),
            Err(error) => error,
        }
    }

    /// Whether a bar lies between the prices at which an order of the slot could do anything; else they are forgotten.
    fn is_quiet(
        &self,
        py: Python<'_>,
        intake: &PyIntake,
        slot: usize,
        bar: usize,
    ) -> PyResult<bool> {
        let quiet = intake.quiet(py);
        if quiet.is_empty() {
            return Ok(false);
        }
        let Some(noted) = quiet.get_item(slot)? else {
            return Ok(false);
        };
        let noted = noted.cast_into::<PyTuple>()?;
        let bounds = (
            noted.get_item(2)?.extract::<i64>(),
            noted.get_item(3)?.extract::<i64>(),
        );
        if let (Some(Some(known)), (Ok(below), Ok(above))) = (self.known.get(slot), bounds) {
            let price = price_of(&known.offered, bar)?;
            let trades = price_of(&known.tradable, bar)? > 0;
            if trades && price > i128::from(below) && price < i128::from(above) {
                return Ok(true);
            }
        }
        quiet.del_item(slot)?;
        Ok(false)
    }

    /// Notes between which prices orders stay as they are that neither stop nor limit has let through.
    fn note_quiet(
        &self,
        py: Python<'_>,
        intake: &PyIntake,
        slot: usize,
        queue: &Bound<'_, PyList>,
        known: &Known,
    ) -> PyResult<()> {
        let PyLane::Narrow(_) = known.offered else {
            return Ok(());
        };
        let (mut below, mut above) = (i64::MIN, i64::MAX);
        for item in queue.iter() {
            let order = item.cast_into::<PyOrder>()?;
            let order = order.borrow();
            let buys = order.buys();
            let (price, over) = match (&order.stop, &order.limit) {
                (Some(stop), _) if !order.stop_reached => (stop, buys),
                (_, Some(limit)) => (limit, !buys),
                _ => continue,
            };
            let floor = price.0.div_floor(&known.lane_to_fill);
            let exact = floor.clone() * &known.lane_to_fill == price.0;
            // in units of the lane; a bar has to be strictly between
            let lane = if over && !exact { floor + 1 } else { floor };
            match (
                lane.narrow().and_then(|lane| i64::try_from(lane).ok()),
                over,
            ) {
                (Some(lane), true) => above = above.min(lane),
                (Some(lane), false) => below = below.max(lane),
                // no price of the lane is as far away; or none is not, and the orders are looked at every time
                (None, true) if !price.0.is_negative() => {}
                (None, false) if price.0.is_negative() => {}
                (None, _) => return Ok(()),
            }
        }
        let lane = &known.lane;
        intake.quiet(py).set_item(slot, (lane, lane, below, above))
    }

    /// Whether stop and limit of an order let it through at what the bar offers.
    fn triggered(
        &self,
        order: &mut PyOrder,
        offered: &Int,
        stamp: i64,
        events: &mut PyRows,
    ) -> bool {
        let buys = order.buys();
        let left = order.amount.0.clone() - &order.filled.0;
        let beyond = |bound: &Int, up: bool| {
            let apart = offered.clone() - bound;
            apart == Int::ZERO || apart.is_negative() != up
        };
        if let Some(stop) = order.stop.clone()
            && !order.stop_reached
        {
            if !beyond(&stop.0, buys) {
                return false;
            }
            order.stop_reached = true;
            if order.limit.is_none() || self.stops_date_orders {
                order.changed = stamp;
            }
            if order.limit.is_some() {
                order.cause = LIMIT_NOT_REACHED;
            }
            order.log(events, stamp, &left, None, Some(&stop.0));
        }
        let Some(limit) = order.limit.clone() else {
            return true;
        };
        if order.limit_reached && !self.limits_hold {
            return true;
        }
        if !beyond(&limit.0, !buys) {
            return false;
        }
        if !order.limit_reached {
            order.limit_reached = true;
            order.changed = stamp;
            order.log(events, stamp, &left, Some(&limit.0), None);
        }
        true
    }

    /// Tries the orders of one asset. Returns how many are filled, whole.
    #[expect(clippy::too_many_arguments)] // the bar, and where its fills go
    fn work_asset(
        &self,
        py: Python<'_>,
        intake: &PyIntake,
        slot: usize,
        queue: &Bound<'_, PyList>,
        bar: usize,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Done>,
    ) -> PyResult<usize> {
        let Some(Some(known)) = self.known.get(slot) else {
            return Ok(0);
        };
        let mut offer = Offer::new(known, bar)?;
        let mut whole = 0;
        for item in queue.iter() {
            let bound = item.cast_into::<PyOrder>()?;
            let mut order = bound.borrow_mut();
            if let Err(price) = self.try_order(&mut order, &mut offer, stamp, events, done) {
                drop(order);
                return Err(self.no_price(py, bound, price));
            }
            whole += usize::from(order.status == FILLED);
        }
        if !offer.tried {
            self.note_quiet(py, intake, slot, queue, known)?;
        }
        Ok(whole)
    }

    /// Tries one order. The error is a price of zero or less that a model made of one above zero.
    fn try_order(
        &self,
        order: &mut PyOrder,
        offer: &mut Offer<'_>,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Done>,
    ) -> Result<(), Int> {
        if !offer.trades {
            return Ok(());
        }
        if offer.exhausted {
            let seen = order.plain || !self.triggers_need_volume;
            if seen && (order.plain || self.triggered(order, &offer.price, stamp, events)) {
                order.cause = VOLUME_USED_UP;
            }
            return Ok(());
        }
        if !order.plain && !self.triggered(order, &offer.price, stamp, events) {
            return Ok(());
        }
        offer.tried = true;
        let left = order.amount.0.clone() - &order.filled.0;
        let buys = !left.is_negative();
        let wanted = if buys { left } else { -left };
        let asked = Asked {
            buys: !order.amount.0.is_negative(),
            wanted: &wanted,
            price: &offer.price,
            volume: &offer.volume,
            used: &offer.used,
            step: &offer.known.step,
        };
        let Some((mut price, units)) = self.slippage.quote(asked) else {
            offer.exhausted = true;
            order.cause = VOLUME_USED_UP;
            return Ok(());
        };
        if self.limits_hold && above_zero(&offer.price) && !above_zero(&price) {
            return Err(price);
        }
        offer.used = std::mem::replace(&mut offer.used, Int::ZERO) + &units;
        if self.limits_hold
            && let Some(limit) = &order.limit
        {
            let apart = price.clone() - &limit.0;
            if apart != Int::ZERO && apart.is_negative() != buys {
                price = limit.0.clone();
            }
        }
        let quantity = if buys { units.clone() } else { -units.clone() };
        let fee = self.fill(order, offer.known, units, &quantity, stamp);
        let kind = if order.status == FILLED {
            "filled"
        } else {
            "partially_filled"
        };
        events.push([
            Value::Short(Some(order.number)),
            Value::Short(Some(stamp)),
            Value::Text(Some(kind)),
            Value::Wide(Some(&quantity)),
            Value::Wide(Some(&price)),
            Value::Wide(None),
            Value::Text(None),
            Value::Text(None),
            Value::Text(None),
        ]);
        done.push(Done {
            slot: order.slot,
            number: order.number,
            quantity,
            price,
            fee,
        });
        Ok(())
    }

    /// Notes a fill of so many units on its order, and returns the fee that is to be booked for it.
    fn fill(
        &self,
        order: &mut PyOrder,
        known: &Known,
        units: Int,
        quantity: &Int,
        stamp: i64,
    ) -> Int {
        let paid = &order.commission.0;
        let mut fee = self
            .commission
            .fee(&units, known.quantity_scale, paid, &order.charged.0);
        if fee.is_negative() && !self.fees_can_fall {
            fee = Int::ZERO;
        }
        order.filled = Number(order.filled.0.clone() + quantity);
        order.commission = Number(order.commission.0.clone() + &fee);
        order.charged = Number(order.charged.0.clone() + &units);
        order.changed = stamp;
        if order.filled.0 == order.amount.0 {
            order.status = FILLED;
        } else {
            order.cause = PARTLY_FILLED;
        }
        if fee.is_negative() { Int::ZERO } else { fee }
    }

    /// Books the fills of a bar, then their fees.
    fn book(&self, py: Python<'_>, stamp: i64, session: i64, done: &[Done]) -> PyResult<()> {
        let mut books = self.books.bind(py).borrow_mut();
        let mut entries = self.entries.bind(py).borrow_mut();
        let mut transactions = self.transactions.bind(py).borrow_mut();
        for fill in done {
            let posted = books
                .books
                .fill(fill.slot, fill.quantity.clone(), &fill.price);
            let amount = books.or_raise(py, posted)?;
            let pocket = books.books.pocket_of(fill.slot);
            let pocket = Value::Short(place(books.or_raise(py, pocket)?));
            let (stamp, slot) = (Value::Short(Some(stamp)), place(fill.slot));
            entries.push([
                stamp,
                Value::Text(Some("fill")),
                Value::Short(slot),
                Value::Wide(Some(&fill.quantity)),
                Value::Wide(Some(&amount)),
                Value::Short(Some(fill.number)),
                Value::Text(None),
                Value::Text(None),
                pocket,
            ]);
            transactions.push([
                Value::Short(Some(session)),
                stamp,
                Value::Short(Some(fill.number)),
                Value::Short(slot),
                Value::Wide(Some(&fill.quantity)),
                Value::Wide(Some(&fill.price)),
                Value::Wide(Some(&fill.fee)),
            ]);
        }
        for fill in done.iter().filter(|fill| fill.fee != Int::ZERO) {
            let charged = books.books.charge(fill.slot, &fill.fee);
            books.or_raise(py, charged)?;
            let pocket = books.books.pocket_of(fill.slot);
            let pocket = Value::Short(place(books.or_raise(py, pocket)?));
            entries.push([
                Value::Short(Some(stamp)),
                Value::Text(Some("fee")),
                Value::Short(place(fill.slot)),
                Value::Wide(Some(&Int::ZERO)),
                Value::Wide(Some(&-fill.fee.clone())),
                Value::Short(Some(fill.number)),
                Value::Text(Some("commission")),
                Value::Text(None),
                pocket,
            ]);
        }
        Ok(())
    }
}

fn place(slot: usize) -> Option<i64> {
    i64::try_from(slot).ok()
}

fn above_zero(number: &Int) -> bool {
    !number.is_negative() && *number != Int::ZERO
}

fn price_of(lane: &PyLane, bar: usize) -> PyResult<i128> {
    lane.price(bar)
        .ok_or_else(|| PyIndexError::new_err(format!("there is no bar {bar}")))
}
