//! Pruners: decide which weights go.
use crate::error::Result;
use crate::handle::Handle;
use crate::option::{self, choice, Key, Store, Value};
use crate::{raw, text, Context, Mask, Network};

choice! {
    /// Which option decides how many weights go.
    Amount {
        /// The fraction of the surviving weights that goes.
        Rate = LOTTERY_PRUNER_RATE,
        /// The number of weights that go.
        Count = LOTTERY_PRUNER_COUNT,
        /// The fraction of all weights that stays.
        Density = LOTTERY_PRUNER_DENSITY,
    }
}

/// Decides which weights go. One thread at a time.
pub struct Pruner {
    handle: Handle<raw::lottery_pruner>,
}

/// What pruning would leave of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Weights that survive.
    pub kept: usize,
    /// Units without a surviving input weight, plus inputs of the layer without a surviving output weight.
    pub dead_units: usize,
    /// 1 when the tensor keeps fewer weights than it has units, 2 when it keeps none, else 0.
    pub vanishing: i32,
}

impl Pruner {
    /// A pruner with the default options: the smallest 20 % of the weights that are left.
    pub fn new(context: &Context) -> Result<Pruner> {
        // SAFETY: a valid handle; so in all calls below.
        let handle = Handle::create(context, |out| unsafe { raw::lottery_pruner_create(context.raw(), out) })?;
        Ok(Pruner { handle })
    }

    /// Sets an option of [`option::pruner`].
    pub fn set<V: Value>(&mut self, key: Key<raw::lottery_pruner, V>, value: V) -> Result<()>
    where
        raw::lottery_pruner: Store<V::Carrier>,
    {
        option::set(&self.handle, key, value)
    }

    /// The value of an option.
    pub fn get<V: Value>(&self, key: Key<raw::lottery_pruner, V>) -> Result<V>
    where
        raw::lottery_pruner: Store<V::Carrier>,
    {
        option::get(&self.handle, key)
    }

    /// Gives the tensor of this name a rate of its own.
    pub fn set_tensor_rate(&mut self, name: &str, rate: f64) -> Result<()> {
        let name = text::from_str("name", name)?;
        // SAFETY: `name` ends with a zero.
        let status = unsafe { raw::lottery_pruner_set_tensor_rate(self.handle.raw(), name.as_ptr(), rate) };
        self.handle.check(status).map(drop)
    }

    /// The tensors that have a rate of their own, by name, in the order in which they were first given.
    pub fn tensor_rates(&self) -> Result<Vec<(String, f64)>> {
        // SAFETY: valid pointers, and the buffer has the capacity.
        let count: i64 =
            self.handle.number(|pruner, out| unsafe { raw::lottery_pruner_tensor_rate_count(pruner, out) })?;
        let pair = |index| {
            let name = text::read(self.handle.context(), |buffer, capacity, needed| unsafe {
                raw::lottery_pruner_tensor_rate_name(self.handle.raw(), index, buffer, capacity, needed)
            })?;
            let rate =
                self.handle.number(|pruner, out| unsafe { raw::lottery_pruner_tensor_rate(pruner, index, out) })?;
            Ok((name, rate))
        };
        (0..count).map(pair).collect()
    }

    /// Which of rate, count and density decides: the last that was set, at first the rate.
    pub fn amount(&self) -> Result<Amount> {
        // SAFETY: a valid pointer.
        Amount::from_raw(self.handle.number(|pruner, out| unsafe { raw::lottery_pruner_amount(pruner, out) })?)
    }

    /// The next mask from a network's weights: `mask` (`None`: the network's own, or ones) without the pruned weights.
    /// It may be equal to `mask`: a rate of few weights rounds to 0.
    pub fn apply(&self, network: &Network, mask: Option<&Mask>) -> Result<Mask> {
        Handle::create(self.handle.context(), |out| unsafe {
            raw::lottery_pruner_apply(self.handle.raw(), network.handle.raw(), Mask::raw_or_null(mask), out)
        })
        .map(Mask::new)
    }

    /// The same from the caller's own scores, of which the lowest go first. `scores`: the mask's tensors one after the
    /// other, each with all of its elements, row-major. Scores of weights that the mask prunes do not matter.
    pub fn apply_scores(&self, network: &Network, mask: Option<&Mask>, scores: &[f32]) -> Result<Mask> {
        // SAFETY: as many scores as said.
        Handle::create(self.handle.context(), |out| unsafe {
            raw::lottery_pruner_apply_scores(
                self.handle.raw(),
                network.handle.raw(),
                Mask::raw_or_null(mask),
                scores.as_ptr(),
                text::count(scores.len()),
                out,
            )
        })
        .map(Mask::new)
    }

    /// What [`apply`](Pruner::apply) would leave, for each tensor of the mask.
    pub fn preview(&self, network: &Network, mask: Option<&Mask>) -> Result<Vec<Preview>> {
        let tensors = match mask {
            Some(mask) => mask.tensor_count()?,
            None => network.mask()?.tensor_count()?,
        };
        let (mut kept, mut dead_units, mut vanishing) = (vec![0; tensors], vec![0; tensors], vec![0; tensors]);
        // SAFETY: each array has as many elements as said.
        self.handle.check(unsafe {
            raw::lottery_pruner_preview(
                self.handle.raw(),
                network.handle.raw(),
                Mask::raw_or_null(mask),
                text::count(tensors),
                kept.as_mut_ptr(),
                dead_units.as_mut_ptr(),
                vanishing.as_mut_ptr(),
            )
        })?;
        let preview =
            |i| Preview { kept: text::size(kept[i]), dead_units: text::size(dead_units[i]), vanishing: vanishing[i] };
        Ok((0..tensors).map(preview).collect())
    }
}
