//! Orders that are ready, executed in one call: priced, booked, charged and recorded. It knows no order type.
//!
//! A market order is ready by construction; what else is ready, Python says. The twin is `engine._executor`; the
//! reports of `SimulatedBroker`, applied and booked, come to the same.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use rustybt_kernels::books::Series;
use rustybt_kernels::execute::{Executed, Ready, Shared, execute};
use rustybt_kernels::int::Int;
use rustybt_kernels::life::{Change, FILLED, VOLUME_USED_UP};
use rustybt_kernels::matching::{Commission, Slippage};

use crate::applier::{Event, PyApplier};
use crate::books::PyBooks;
use crate::number::Number;
use crate::order::{PyOrder, PyOrderStore};
use crate::posting::{Fill, Posting};
use crate::rows::PyRows;
use crate::series::PySeries;

/// What is known of an asset with orders; `executable` where its orders can be executed here.
struct Known {
    executable: bool,
    tradable: PySeries,
    offered: PySeries,
    mark_to_fill_scale: Int,
    quantity_scale: u32,
    step: Int,
}

/// Executes a run's orders.
#[pyclass(name = "Executor", module = "rustybt._kernels._rustybt")]
pub struct PyExecutor {
    posting: Posting,
    store: Py<PyOrderStore>,
    register: Py<PyAny>,
    no_price: Py<PyAny>,
    field: String,
    slippage: Slippage,
    commission: Commission,
    limits_hold: bool,
    fees_can_fall: bool,
    triggers_need_volume: bool,
    applier: Py<PyApplier>,
    apply: Py<PyAny>,
    known: Vec<Option<Known>>,
    /// By slot, the last round of deferred orders that had one of it.
    rounds: Vec<u64>,
    round: u64,
}

type Points = (Number, Number, Number, Number, Number);
type PerUnit = (Number, u32, Number);

#[pymethods]
impl PyExecutor {
    #[new]
    #[expect(clippy::too_many_arguments)] // the parts of a run, each once
    fn new(
        books: Py<PyBooks>,
        store: Py<PyOrderStore>,
        entries: Py<PyRows>,
        transactions: Py<PyRows>,
        register: Py<PyAny>,
        no_price: Py<PyAny>,
        field: String,
        slippage: Option<Points>,
        commission: Option<PerUnit>,
        limits_hold: bool,
        fees_can_fall: bool,
        triggers_need_volume: bool,
        applier: Py<PyApplier>,
        apply: Py<PyAny>,
    ) -> PyExecutor {
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
        PyExecutor {
            posting: Posting {
                books,
                entries,
                transactions,
            },
            store,
            register,
            no_price,
            field,
            slippage,
            commission,
            limits_hold,
            fees_can_fall,
            triggers_need_volume,
            applier,
            apply,
            known: Vec::new(),
            rounds: Vec::new(),
            round: 0,
        }
    }

    /// Executes the orders of a bar, where all of them are deferred: market orders, one an asset. Otherwise returns, by
    /// asset, the open orders that the bar wakes; None where there is nothing left to do.
    fn work<'py>(
        &mut self,
        py: Python<'py>,
        bar: usize,
        stamp: i64,
        session: i64,
    ) -> PyResult<Option<Vec<Bound<'py, PyList>>>> {
        let held = self.store.clone_ref(py);
        let mut store = held.bind(py).borrow_mut();
        if let Some(orders) = store.take_deferred(py)? {
            match self.can_work(py, &orders) {
                Ok(true) => {
                    let mut done = Vec::with_capacity(orders.len());
                    self.work_deferred(py, &mut store, orders, bar, stamp, &mut done)?;
                    self.posting.post(py, stamp, session, &done)?;
                    return Ok(None);
                }
                asked => {
                    store.keep(py, orders)?;
                    asked?;
                }
            }
        }
        store.create_deferred(py)?;
        drop(store);
        let awake = self.applier.bind(py).get().awake(py, bar)?;
        Ok((!awake.is_empty()).then_some(awake))
    }

    /// Executes orders that are ready, asset by asset: each with the price at which it can fill, the price that it is
    /// held at, and what is reported of it before; a price of None means that those reports are all.
    fn execute(
        &mut self,
        py: Python<'_>,
        bar: usize,
        stamp: i64,
        session: i64,
        ready: Vec<Vec<Item<'_>>>,
    ) -> PyResult<()> {
        let mut done = Vec::new();
        for orders in ready {
            let Some((first, ..)) = orders.first() else {
                continue;
            };
            let (slot, instrument) = {
                let order = first.borrow();
                (order.slot, order.instrument.clone_ref(py))
            };
            self.is_executable(py, slot, instrument.bind(py))?;
            let Some(Some(known)) = self.known.get(slot) else {
                continue;
            };
            let mut shared = known.shared(bar)?;
            for item in orders {
                self.execute_item(py, known, &mut shared, item, stamp, &mut done)?;
            }
        }
        self.posting.post(py, stamp, session, &done)
    }
}

type Item<'py> = (
    Bound<'py, PyOrder>,
    Option<Number>,
    Option<Number>,
    Bound<'py, PyTuple>,
);

impl Known {
    /// The volume of a bar.
    fn shared(&self, bar: usize) -> PyResult<Shared> {
        Ok(Shared {
            volume: Int::from(price_of(&self.tradable, bar)?),
            used: Int::ZERO,
            exhausted: false,
        })
    }
}

impl PyExecutor {
    /// Whether deferred orders can be worked as they are: one an asset, of assets that this works.
    fn can_work(&mut self, py: Python<'_>, orders: &[PyOrder]) -> PyResult<bool> {
        self.round += 1;
        for order in orders {
            if !self.is_executable(py, order.slot, order.instrument.bind(py))? {
                return Ok(false);
            }
            let last = &mut self.rounds[order.slot];
            if std::mem::replace(last, self.round) == self.round {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Works deferred orders. What is not filled whole is shown from now on.
    fn work_deferred(
        &self,
        py: Python<'_>,
        store: &mut PyOrderStore,
        mut orders: Vec<PyOrder>,
        bar: usize,
        stamp: i64,
        done: &mut Vec<Fill>,
    ) -> PyResult<()> {
        let events = self.store_events(py, store);
        let mut events = events.bind(py).borrow_mut();
        let mut tried = orders.iter_mut();
        let stopped = loop {
            let Some(order) = tried.next() else {
                break None;
            };
            match self.work_one(order, bar, stamp, &mut events, done) {
                Ok(None) => {}
                Ok(Some(price)) => break Some(Ok((order.number, price))),
                Err(error) => break Some(Err(error)),
            }
        };
        drop(events);
        // whatever happened, no order is lost
        store.keep(py, orders)?;
        match stopped {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok((number, price))) => Err(self.no_price(py, store.shown(py, number)?, price)),
        }
    }

    fn store_events(&self, py: Python<'_>, store: &PyOrderStore) -> Py<PyRows> {
        store.events.clone_ref(py)
    }

    /// Works a deferred market order. Returns the price of zero or less that a model made, if one did.
    fn work_one(
        &self,
        order: &mut PyOrder,
        bar: usize,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Fill>,
    ) -> PyResult<Option<Int>> {
        let Some(Some(known)) = self.known.get(order.slot) else {
            return Ok(None);
        };
        let mut shared = known.shared(bar)?;
        if !above_zero(&shared.volume) {
            return Ok(None);
        }
        let price = Int::from(price_of(&known.offered, bar)?) * &known.mark_to_fill_scale;
        Ok(self
            .fill_order(order, known, &mut shared, &price, None, stamp, events, done)
            .err())
    }

    /// Executes an order that is ready, after what is reported of it before.
    fn execute_item(
        &self,
        py: Python<'_>,
        known: &Known,
        shared: &mut Shared,
        item: Item<'_>,
        stamp: i64,
        done: &mut Vec<Fill>,
    ) -> PyResult<()> {
        let (order, price, cap, first) = item;
        if shared.exhausted && self.triggers_need_volume && !order.borrow().is_market {
            return Ok(());
        }
        let applier = self.applier.bind(py).get();
        for report in first.iter() {
            if applier.apply(py, report.cast()?)?.is_none() {
                self.apply.bind(py).call1((report,))?;
            }
        }
        let Some(price) = price else {
            return Ok(());
        };
        let events = self.store.bind(py).borrow().events.clone_ref(py);
        let mut events = events.bind(py).borrow_mut();
        let filled = self.fill_order(
            &mut order.borrow_mut(),
            known,
            shared,
            &price.0,
            cap.as_ref().map(|cap| &cap.0),
            stamp,
            &mut events,
            done,
        );
        if let Err(price) = filled {
            return Err(self.no_price(py, order, price));
        }
        if order.borrow().status == FILLED {
            applier.dequeue(py, &order)?;
        }
        Ok(())
    }

    /// Whether orders of the slot can be worked here; asks its instrument the first time.
    fn is_executable(
        &mut self,
        py: Python<'_>,
        slot: usize,
        instrument: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        if let Some(Some(known)) = self.known.get(slot) {
            return Ok(known.executable);
        }
        let prices = instrument.call_method1("column", (self.field.as_str(),))?;
        let known = Known {
            executable: !instrument.getattr("is_future")?.is_truthy()?,
            tradable: PySeries::new(&instrument.getattr("tradable")?)?,
            offered: PySeries::new(&prices)?,
            mark_to_fill_scale: instrument
                .getattr("mark_to_fill_scale")?
                .extract::<Number>()?
                .0,
            quantity_scale: instrument.getattr("quantity_scale")?.extract()?,
            step: instrument.getattr("step")?.extract::<Number>()?.0,
        };
        self.register.bind(py).call1((instrument,))?;
        if self.known.len() <= slot {
            self.known.resize_with(slot + 1, || None);
            self.rounds.resize(slot + 1, 0);
        }
        let executable = known.executable;
        self.known[slot] = Some(known);
        Ok(executable)
    }

    fn no_price(&self, py: Python<'_>, order: Bound<'_, PyOrder>, price: Int) -> PyErr {
        match self.no_price.bind(py).call1((order, Number(price))) {
            Ok(raised) => PyErr::from_value(raised),
            Err(error) => error,
        }
    }

    /// Executes one order. The error is a price of zero or less that a model made of one above zero.
    #[expect(clippy::too_many_arguments)] // the order, its bar, and where its fill goes
    fn fill_order(
        &self,
        order: &mut PyOrder,
        known: &Known,
        shared: &mut Shared,
        price: &Int,
        cap: Option<&Int>,
        stamp: i64,
        events: &mut PyRows,
        done: &mut Vec<Fill>,
    ) -> Result<(), Int> {
        let left = order.amount.0.clone() - &order.filled.0;
        let ready = Ready {
            buys: !order.amount.0.is_negative(),
            left: &left,
            price,
            cap,
            step: &known.step,
        };
        let (quantity, price) = match execute(&self.slippage, shared, ready, self.limits_hold) {
            Executed::Exhausted => {
                let change = Change::NotFilled(VOLUME_USED_UP);
                order.life().advance(change, None);
                return Ok(());
            }
            Executed::NoPrice(price) => return Err(price),
            Executed::Fill(quantity, price) => (quantity, price),
        };
        let fee = self.fill(order, known, &quantity, stamp);
        let kind = if order.status == FILLED {
            "filled"
        } else {
            "partially_filled"
        };
        Event {
            number: order.number,
            stamp,
            kind,
            quantity: &quantity,
            price: Some(&price),
            stop: None,
            cause: None,
            told: None,
        }
        .log(events);
        done.push(Fill {
            slot: order.slot,
            number: order.number,
            quantity,
            price,
            fee,
        });
        Ok(())
    }

    /// Notes a fill on its order, and returns the fee that is to be booked for it.
    fn fill(&self, order: &mut PyOrder, known: &Known, quantity: &Int, stamp: i64) -> Int {
        let units = if quantity.is_negative() {
            -quantity.clone()
        } else {
            quantity.clone()
        };
        let (paid, units_charged) = (&order.commission.0, &order.units_charged.0);
        let mut fee = self
            .commission
            .fee(&units, known.quantity_scale, paid, units_charged);
        if fee.is_negative() && !self.fees_can_fall {
            fee = Int::ZERO;
        }
        let change = Change::Filled(quantity, &fee);
        order.life().advance(change, Some(stamp));
        if fee.is_negative() { Int::ZERO } else { fee }
    }
}

fn above_zero(number: &Int) -> bool {
    !number.is_negative() && *number != Int::ZERO
}

fn price_of(prices: &PySeries, bar: usize) -> PyResult<i128> {
    prices
        .price(bar)
        .ok_or_else(|| PyIndexError::new_err(format!("there is no bar {bar}")))
}
