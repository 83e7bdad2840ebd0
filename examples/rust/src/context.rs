//! The context: allocator, message, instruction set, cancelling.
use crate::error::{check, Result};
use crate::option::choice;
use crate::{raw, text};
use std::alloc::{GlobalAlloc, Layout};
use std::fmt;
use std::os::raw::c_void;
use std::ptr::{null_mut, NonNull};
use std::sync::Arc;

choice! {
    /// The instruction sets that kernels are built for.
    InstructionSet {
        /// The best that the machine has.
        Automatic = LOTTERY_INSTRUCTION_SET_AUTOMATIC,
        /// The baseline of the architecture; runs everywhere.
        Portable = LOTTERY_INSTRUCTION_SET_PORTABLE,
        /// x86-64 with AVX2 and FMA.
        Avx2 = LOTTERY_INSTRUCTION_SET_AVX2,
        /// x86-64 with AVX-512 F, BW, DQ and VL.
        Avx512 = LOTTERY_INSTRUCTION_SET_AVX512,
        /// arm64.
        Neon = LOTTERY_INSTRUCTION_SET_NEON,
    }
}

/// Networks, datasets and pruners are made from a context, and keep it alive. Clones are the same context.
#[derive(Clone)]
pub struct Context(Arc<Owned>);

struct Owned(NonNull<raw::lottery_context>);

// SAFETY: by the header, contexts may be used from any number of threads at once.
unsafe impl Send for Owned {}
// SAFETY: as above.
unsafe impl Sync for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: owned, and not used after this.
        unsafe { raw::lottery_context_destroy(self.0.as_ptr()) };
    }
}

/// # Safety
/// `user` points to an `A`; the size is at least 1, as the header promises.
unsafe extern "C" fn allocate<A: GlobalAlloc>(size: i64, alignment: i64, user: *mut c_void) -> *mut c_void {
    match Layout::from_size_align(text::size(size), text::size(alignment)) {
        // SAFETY: the layout's size is above 0. An allocator does not unwind: `GlobalAlloc` forbids it.
        Ok(layout) => unsafe { (*user.cast::<A>()).alloc(layout).cast() },
        Err(_) => null_mut(),
    }
}

/// # Safety
/// `memory` comes from `allocate` with the same `A`, size and `user`.
unsafe extern "C" fn release<A: GlobalAlloc>(memory: *mut c_void, size: i64, alignment: i64, user: *mut c_void) {
    // SAFETY: `allocate` made a layout of this size and alignment.
    unsafe {
        let layout = Layout::from_size_align_unchecked(text::size(size), text::size(alignment));
        (*user.cast::<A>()).dealloc(memory.cast(), layout);
    }
}

impl Context {
    /// A context that allocates with the C library and computes on the best instruction set.
    pub fn new() -> Result<Context> {
        // SAFETY: `out` is valid.
        Context::create(|out| unsafe { raw::lottery_context_create(out) })
    }

    /// A context that allocates every byte with `allocator`. The library uses it until the last handle of the context
    /// is gone, and does not tell when that is: hence `'static`. It must not call the library.
    pub fn with_allocator<A: GlobalAlloc + Sync>(allocator: &'static A) -> Result<Context> {
        let user = allocator as *const A as *mut c_void;
        // SAFETY: `allocator` lives as long as the program and may be called from any thread.
        Context::create(|out| unsafe {
            raw::lottery_context_create_with_allocator(Some(allocate::<A>), Some(release::<A>), user, out)
        })
    }

    fn create(call: impl FnOnce(*mut *mut raw::lottery_context) -> raw::lottery_status) -> Result<Context> {
        let mut pointer = null_mut();
        let status = call(&mut pointer);
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Context(Arc::new(Owned(pointer)))),
            None => Err(crate::Error::new(crate::Status::from_raw(status), String::new())),
        }
    }

    pub(crate) fn raw(&self) -> *mut raw::lottery_context {
        self.0 .0.as_ptr()
    }

    /// The message of the last error in this context, of any thread; empty if there was none. An
    /// [`Error`](crate::Error) has a copy of its own.
    pub fn message(&self) -> Result<String> {
        // SAFETY: the buffer has the capacity.
        text::read_raw(|buffer, capacity, needed| unsafe {
            raw::lottery_context_message(self.raw(), buffer, capacity, needed)
        })
        .map_err(|status| crate::Error::new(crate::Status::from_raw(status), String::new()))
    }

    /// Chooses the instruction set for networks created afterwards.
    pub fn set_instruction_set(&self, set: InstructionSet) -> Result<()> {
        // SAFETY: a valid handle, as in all calls below.
        check(self, unsafe { raw::lottery_context_set_instruction_set(self.raw(), set.to_raw()) })?;
        Ok(())
    }

    /// The instruction set in use; never `Automatic`.
    pub fn instruction_set(&self) -> Result<InstructionSet> {
        let mut number = 0;
        // SAFETY: `number` is valid.
        check(self, unsafe { raw::lottery_context_get_instruction_set(self.raw(), &mut number) })?;
        InstructionSet::from_raw(number)
    }

    /// The backend in one line.
    pub fn describe(&self) -> Result<String> {
        // SAFETY: the buffer has the capacity.
        text::read(self, |buffer, capacity, needed| unsafe {
            raw::lottery_context_describe(self.raw(), buffer, capacity, needed)
        })
    }

    /// Bytes that are allocated through the context now, and the most at any time.
    pub fn memory(&self) -> Result<(u64, u64)> {
        let (mut bytes, mut peak) = (0, 0);
        // SAFETY: both are valid.
        check(self, unsafe { raw::lottery_context_memory(self.raw(), &mut bytes, &mut peak) })?;
        Ok((text::size(bytes) as u64, text::size(peak) as u64))
    }

    /// Makes every run in this context stop after its current iteration, and later ones at once, until
    /// [`resume`](Context::resume). Legal in a signal handler.
    pub fn cancel(&self) {
        // SAFETY: a valid handle.
        unsafe { raw::lottery_context_cancel(self.raw()) }
    }

    /// Takes a cancel back.
    pub fn resume(&self) {
        // SAFETY: a valid handle.
        unsafe { raw::lottery_context_resume(self.raw()) }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_tuple("Context").field(&self.describe().unwrap_or_default()).finish()
    }
}
