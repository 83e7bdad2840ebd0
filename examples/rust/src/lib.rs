//! liblottery for Rust: finds winning tickets, the small subnetworks that train as well as the whole.
//!
//! The manual is the library's header, `include/lottery.h`; these pages say only what Rust adds. [`raw`] is that
//! header, declaration by declaration. The other modules are a thin safe layer over it: handles that destroy
//! themselves, [`Result`]s with the library's message, slices with checked lengths, closures, and typed option keys.
//!
//! ```
//! use lottery::{option, Context, Dataset, Mask, Network, Pruner, Scale, Scheme, State, Trainer};
//!
//! fn main() -> lottery::Result<()> {
//!     let context = Context::new()?;
//!     let inputs: Vec<f32> = (0..64).map(|i| (i % 7) as f32).collect();
//!     let labels: Vec<i32> = (0..16).map(|i| i % 2).collect();
//!     let dataset = Dataset::own(&context, &[4], inputs, Scale::NONE)?.with_labels(2, &labels)?;
//!
//!     let network = Network::preset(&context, "mlp-4-8-2")?;
//!     network.initialise(Scheme::GlorotNormal, 1)?;
//!     let mut mask = Mask::ones(&network)?;
//!     let mut trainer = Trainer::new(network, Some(&dataset), 2)?;
//!     trainer.set(option::trainer::BATCH_SIZE, 16)?;
//!     let initial = trainer.snapshot(State::ALL)?;
//!     let pruner = Pruner::new(&context)?;
//!     for _ in 0..3 {
//!         trainer.rewind(Some(&initial), Some(&mask), State::ALL)?;
//!         trainer.run(10)?;
//!         println!("{:.2}: {:?}", mask.kept()?.density(), trainer.evaluate(&dataset)?);
//!         mask = pruner.apply(trainer.network(), Some(&mask))?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Threads
//!
//! [`Context`], [`Dataset`], [`Mask`] and [`Snapshot`] are `Send`, `Sync` and cheap to clone. [`Network`],
//! [`Trainer`], [`Pruner`] and [`Archive`] are `Send`: they move to another thread, and one thread at a time uses them.
//!
//! ```
//! fn moves<T: Send>() {}
//! fn shared<T: Send + Sync>() {}
//! moves::<lottery::Network>();
//! shared::<lottery::Mask>();
//! ```
//! ```compile_fail
//! fn shared<T: Send + Sync>() {}
//! shared::<lottery::Network>();
//! ```
//!
//! A trainer uses its network in every call, so the two must stay in one thread: [`Trainer::new`] takes the network,
//! and [`Trainer::network`] lends it. For this reason functions that change a network take `&self`, like those of a
//! `Cell`; there is no `&mut Network` with which it could be swapped for another.
//!
//! # Borrowed memory
//!
//! [`Dataset::borrow`] copies nothing: the borrow checker keeps the memory for as long as a dataset or trainer uses it.
//!
//! ```
//! use lottery::{Context, Dataset, Scale};
//! let pixels = vec![7_u8; 64];
//! let dataset = Dataset::borrow(&Context::new().unwrap(), &[16], &pixels, Scale::PIXELS).unwrap();
//! drop(dataset);
//! drop(pixels);
//! ```
//! ```compile_fail
//! use lottery::{Context, Dataset, Scale};
//! let pixels = vec![7_u8; 64];
//! let dataset = Dataset::borrow(&Context::new().unwrap(), &[16], &pixels, Scale::PIXELS).unwrap();
//! drop(pixels);
//! drop(dataset);
//! ```
//! Datasets that are made from a borrowed one borrow, too, and so does a trainer:
//! ```compile_fail
//! use lottery::{Context, Dataset, Network, Scale, Trainer};
//! let context = Context::new().unwrap();
//! let network = Network::preset(&context, "mlp-16-4-2").unwrap();
//! let trainer = {
//!     let pixels = vec![7_u8; 64];
//!     let dataset = Dataset::borrow(&context, &[16], &pixels, Scale::PIXELS).unwrap();
//!     Trainer::new(network, Some(&dataset), 1).unwrap()
//! };
//! drop(trainer);
//! ```
//! [`Dataset::own`] takes a buffer and drops it when the last user is gone, in the thread where that happens.
//!
//! # Panics
//!
//! A panic in a callback never crosses the library. It is caught, the call returns, and then the panic resumes.
#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

mod archive;
mod context;
mod dataset;
mod element;
mod error;
mod handle;
mod mask;
mod network;
pub mod npy;
pub mod option;
mod pruner;
pub mod raw;
mod snapshot;
mod tensor;
mod text;
mod trainer;
mod unwind;

pub use archive::{Archive, Consent, Kind, Ticket};
pub use context::{Context, InstructionSet};
pub use dataset::{Dataset, Scale, Statistics};
pub use element::{Element, Input};
pub use error::{Error, Result, Status};
pub use mask::{Dead, Kept, Mask};
pub use network::{Evaluation, Form, Network, Node, NodeInfo, Scheme};
pub use option::{Criterion, Loss, Optimiser, Scope};
pub use pruner::{Amount, Preview, Pruner};
pub use snapshot::{Slot, Snapshot, State};
pub use trainer::{Batch, Ended, Progress, Rejected, Run, Trainer};

/// The version of the linked library, "major.minor.patch".
pub fn version() -> &'static str {
    // SAFETY: a constant string.
    unsafe { text::constant(raw::lottery_version()) }
}
