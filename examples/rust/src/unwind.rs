//! Panics in callbacks never cross the library: they are caught in the callback, and resume when the call has returned.
use std::any::Any;
use std::cell::Cell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

thread_local! {
    /// The first panic of the call that this thread is in. Each call into the library that can lead to a callback ends
    /// with `resume`, and a callback's own calls end before it returns.
    static CAUGHT: Cell<Option<Box<dyn Any + Send>>> = Cell::new(None);
}

/// Runs a callback's body; after a panic the library gets `otherwise`.
pub(crate) fn catch<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let mut panic = Some(panic);
        // At a thread's end this place may be gone. The panic has been printed then, and nobody is left to catch it.
        let _ = CAUGHT.try_with(|caught| caught.set(caught.take().or_else(|| panic.take())));
        std::mem::forget(panic); // a panic that was not kept: its destructor may panic, too
        otherwise
    })
}

/// Resumes a caught panic.
pub(crate) fn resume() {
    if let Ok(Some(panic)) = CAUGHT.try_with(Cell::take) {
        resume_unwind(panic);
    }
}
