//! Snapshots: saved state to rewind to.
use crate::error::Result;
use crate::handle::Handle;
use crate::option::choice;
use crate::tensor::tensors;
use crate::{raw, text};
use std::ops::BitOr;
use std::sync::Arc;

/// Parts of a trainer's state; `|` joins them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(i32);

impl State {
    /// No part.
    pub const NONE: State = State(0);
    /// Every tensor's values.
    pub const WEIGHTS: State = State(raw::LOTTERY_STATE_WEIGHTS);
    /// Running statistics of normalisation layers.
    pub const STATISTICS: State = State(raw::LOTTERY_STATE_STATISTICS);
    /// Momentum or moments, and the optimiser's own count of steps.
    pub const OPTIMISER: State = State(raw::LOTTERY_STATE_OPTIMISER);
    /// Iteration, schedule, and place in the order of data, with its seed.
    pub const POSITION: State = State(raw::LOTTERY_STATE_POSITION);
    /// All parts.
    pub const ALL: State = State(raw::LOTTERY_STATE_ALL);

    /// The number in `lottery.h`.
    pub fn to_raw(self) -> i32 {
        self.0
    }

    /// Whether all parts of `other` are among these.
    pub fn contains(self, other: State) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for State {
    type Output = State;
    fn bitor(self, other: State) -> State {
        State(self.0 | other.0)
    }
}

choice! {
    /// What a tensor has in a snapshot.
    Slot {
        /// Its values.
        Weight = LOTTERY_SLOT_WEIGHT,
        /// SGD's momentum or Adam's first moment.
        First = LOTTERY_SLOT_FIRST,
        /// Adam's second moment.
        Second = LOTTERY_SLOT_SECOND,
    }
}

/// Saved state. Immutable; clones are the same snapshot.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) handle: Arc<Handle<raw::lottery_snapshot>>,
}

impl Snapshot {
    pub(crate) fn new(handle: Handle<raw::lottery_snapshot>) -> Snapshot {
        Snapshot { handle: Arc::new(handle) }
    }

    tensors!(lottery_snapshot_tensor_count, lottery_snapshot_tensor_name, lottery_snapshot_tensor_shape);

    /// Which parts it holds.
    pub fn contents(&self) -> Result<State> {
        // SAFETY: a valid handle; so in all calls below.
        Ok(State(self.handle.number(|handle, out| unsafe { raw::lottery_snapshot_contents(handle, out) })?))
    }

    /// The iteration at which it was taken; 0 for a network's.
    pub fn iteration(&self) -> Result<u64> {
        let iteration = self.handle.number(|handle, out| unsafe { raw::lottery_snapshot_iteration(handle, out) })?;
        Ok(text::size(iteration) as u64)
    }

    /// Copies out what it holds of a tensor.
    pub fn read(&self, tensor: usize, slot: Slot) -> Result<Vec<f32>> {
        let mut values = vec![0.0; self.tensor_size(tensor)?];
        let (number, count) = (text::count(tensor), text::count(values.len()));
        // SAFETY: the array has `count` elements.
        let status =
            unsafe { raw::lottery_snapshot_read(self.handle.raw(), number, slot.to_raw(), values.as_mut_ptr(), count) };
        self.handle.check(status)?;
        Ok(values)
    }
}
