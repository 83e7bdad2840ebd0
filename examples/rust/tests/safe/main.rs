//! What users of the safe layer rely on: lifetimes, callbacks, threads, errors, options, and that training is the
//! library's.
mod callbacks;
mod errors;
mod files;
mod lifetimes;
mod options;
mod threads;
mod training;
mod wrappers;

use lottery::{option, Context, Dataset, Network, Scale, Scheme, Trainer};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

/// Inputs of 32 examples of 4 features, no two alike.
pub fn inputs() -> Vec<f32> {
    (0..128).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect()
}

pub fn labels() -> Vec<i32> {
    (0..32).map(|i| i % 3).collect()
}

pub fn dataset(context: &Context) -> Dataset<'static> {
    Dataset::copy(context, &[4], &inputs(), Scale::NONE).unwrap().with_labels(3, &labels()).unwrap()
}

pub fn network(context: &Context) -> Network {
    let network = Network::preset(context, "mlp-4-6-3").unwrap();
    network.initialise(Scheme::GlorotNormal, 7).unwrap();
    network
}

/// Trains on `dataset` in batches of 8.
pub fn trainer<'a>(context: &Context, dataset: &Dataset<'a>) -> Trainer<'a> {
    let mut trainer = Trainer::new(network(context), Some(dataset), 5).unwrap();
    trainer.set(option::trainer::BATCH_SIZE, 8).unwrap();
    trainer
}

pub fn weights(network: &Network) -> Vec<f32> {
    (0..network.tensor_count().unwrap()).flat_map(|tensor| network.read_tensor(tensor).unwrap()).collect()
}

/// Counts what is allocated and not released, and fails when no allocations are left.
pub struct Counting {
    bytes: AtomicI64,
    pub left: AtomicI64,
}

impl Counting {
    pub const fn allowing(allocations: i64) -> Counting {
        Counting { bytes: AtomicI64::new(0), left: AtomicI64::new(allocations) }
    }

    pub fn bytes(&self) -> i64 {
        self.bytes.load(SeqCst)
    }
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.left.fetch_sub(1, SeqCst) <= 0 {
            return std::ptr::null_mut();
        }
        self.bytes.fetch_add(layout.size() as i64, SeqCst);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.bytes.fetch_sub(layout.size() as i64, SeqCst);
        System.dealloc(memory, layout)
    }
}
