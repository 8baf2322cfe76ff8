//! Fills posted to the books, with their rows: the twin of `rustybt.engine._fills.book`.

use pyo3::prelude::*;
use rustybt_kernels::int::Int;

use crate::books::PyBooks;
use crate::rows::PyRows;

/// A fill, and its fee.
pub struct Fill {
    pub slot: usize,
    /// Of the order.
    pub number: i64,
    pub quantity: Int,
    pub price: Int,
    pub fee: Int,
}

/// Where fills go.
pub struct Posting {
    pub books: Py<PyBooks>,
    pub entries: Py<PyRows>,
    pub transactions: Py<PyRows>,
}

impl Posting {
    /// Books the fills of a bar, then their fees.
    pub fn post(&self, py: Python<'_>, stamp: i64, session: i64, fills: &[Fill]) -> PyResult<()> {
        let mut books = self.books.bind(py).borrow_mut();
        let mut entries = self.entries.bind(py).borrow_mut();
        let mut transactions = self.transactions.bind(py).borrow_mut();
        for fill in fills {
            let posted = books
                .books
                .fill(fill.slot, fill.quantity.clone(), &fill.price);
            let amount = books.or_raise(py, posted)?;
            let pocket = books.books.pocket_of(fill.slot);
            let pocket = books.or_raise(py, pocket)?;
            fill.enter(&mut entries, stamp, "fill", &fill.quantity, &amount, pocket);
            transactions
                .row()
                .short(session)
                .short(stamp)
                .short(fill.number)
                .short(place(fill.slot))
                .wide(&fill.quantity)
                .wide(&fill.price)
                .wide(&fill.fee);
        }
        for fill in fills.iter().filter(|fill| fill.fee != Int::ZERO) {
            let charged = books.books.charge(fill.slot, &fill.fee);
            books.or_raise(py, charged)?;
            let pocket = books.books.pocket_of(fill.slot);
            let pocket = books.or_raise(py, pocket)?;
            let paid = -fill.fee.clone();
            fill.enter(&mut entries, stamp, "fee", &Int::ZERO, &paid, pocket);
        }
        Ok(())
    }
}

impl Fill {
    fn enter(
        &self,
        entries: &mut PyRows,
        stamp: i64,
        kind: &str,
        quantity: &Int,
        amount: &Int,
        pocket: usize,
    ) {
        entries
            .row()
            .short(stamp)
            .text(kind)
            .short(place(self.slot))
            .wide(quantity)
            .wide(amount)
            .short(self.number)
            .text((kind == "fee").then_some("commission"))
            .text(None)
            .short(place(pocket));
    }
}

fn place(slot: usize) -> Option<i64> {
    i64::try_from(slot).ok()
}
