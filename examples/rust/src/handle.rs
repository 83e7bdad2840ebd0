//! Ownership of the library's handles, and which of them threads may share.
use crate::error::{check, Result};
use crate::{raw, unwind, Context};
use std::ptr::{null_mut, NonNull};

/// A type of handle.
pub(crate) trait Kind {
    /// # Safety
    /// `handle` is one of the library's; it was not destroyed before and is not used after.
    unsafe fn destroy(handle: *mut Self);
}

/// Handles that any number of threads use at once, by the header's section "Threads".
pub(crate) trait Shared: Kind {}

/// A handle that destroys itself, with the context that its calls leave messages in.
pub(crate) struct Handle<T: Kind> {
    pointer: NonNull<T>,
    context: Context,
}

// SAFETY: by docs/threads.md every handle may move between threads, and any thread may destroy it.
unsafe impl<T: Kind> Send for Handle<T> {}
// SAFETY: what `Shared` means.
unsafe impl<T: Shared> Sync for Handle<T> {}

impl<T: Kind> Handle<T> {
    /// Owns the handle that `call` writes to its argument. It belongs to the context of the call's first handle.
    pub(crate) fn create(
        context: &Context, call: impl FnOnce(*mut *mut T) -> raw::lottery_status,
    ) -> Result<Handle<T>> {
        Ok(Handle::create_with_status(context, call)?.0)
    }

    /// The same for calls with positive statuses of interest.
    pub(crate) fn create_with_status(
        context: &Context, call: impl FnOnce(*mut *mut T) -> raw::lottery_status,
    ) -> Result<(Handle<T>, raw::lottery_status)> {
        let mut pointer = null_mut();
        let status = check(context, call(&mut pointer))?;
        Ok((Handle::own(context, pointer), status))
    }

    /// Owns a handle that a successful call made.
    pub(crate) fn own(context: &Context, pointer: *mut T) -> Handle<T> {
        Handle { pointer: NonNull::new(pointer).expect("a handle after success"), context: context.clone() }
    }

    pub(crate) fn raw(&self) -> *mut T {
        self.pointer.as_ptr()
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn check(&self, status: raw::lottery_status) -> Result<raw::lottery_status> {
        check(&self.context, status)
    }

    /// The number that `call` writes to its argument.
    pub(crate) fn number<N: Default>(&self, call: impl FnOnce(*mut T, *mut N) -> raw::lottery_status) -> Result<N> {
        let mut number = N::default();
        self.check(call(self.raw(), &mut number))?;
        Ok(number)
    }
}

impl<T: Kind> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: owned, and not used after this. The call may release a borrowed buffer, which may panic.
        unsafe { T::destroy(self.pointer.as_ptr()) };
        unwind::resume();
    }
}

macro_rules! kinds {
    ($($(#[$shared:ident])? $handle:ident $destroy:ident,)*) => {$(
        impl Kind for raw::$handle {
            unsafe fn destroy(handle: *mut Self) {
                // SAFETY: the caller's promise.
                unsafe { raw::$destroy(handle) }
            }
        }
        $(impl $shared for raw::$handle {})?
    )*};
}

kinds! {
    lottery_network lottery_network_destroy,
    #[Shared] lottery_dataset lottery_dataset_destroy,
    #[Shared] lottery_mask lottery_mask_destroy,
    #[Shared] lottery_snapshot lottery_snapshot_destroy,
    lottery_pruner lottery_pruner_destroy,
    lottery_trainer lottery_trainer_destroy,
    lottery_archive lottery_archive_destroy,
}
