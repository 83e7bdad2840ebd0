//! Masks: which weights survive.
use crate::error::Result;
use crate::handle::Handle;
use crate::tensor::tensors;
use crate::{raw, text, Network};
use std::sync::Arc;

/// Which weights survive. Immutable; clones are the same mask.
#[derive(Clone)]
pub struct Mask {
    pub(crate) handle: Arc<Handle<raw::lottery_mask>>,
}

/// The number of weights kept, and of all weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Weights that survive.
    pub kept: usize,
    /// All weights.
    pub total: usize,
}

impl Kept {
    /// kept / total.
    pub fn density(self) -> f64 {
        self.kept as f64 / self.total as f64
    }
}

/// What a mask has cut off in a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Units that keep no input weight.
    pub units: usize,
    /// Inputs that no unit reads any more.
    pub inputs: usize,
}

type MaskOut = *mut *mut raw::lottery_mask;

impl Mask {
    pub(crate) fn new(handle: Handle<raw::lottery_mask>) -> Mask {
        Mask { handle: Arc::new(handle) }
    }

    pub(crate) fn raw_or_null(mask: Option<&Mask>) -> *mut raw::lottery_mask {
        mask.map_or(std::ptr::null_mut(), |mask| mask.handle.raw())
    }

    /// The mask that keeps every weight of the network.
    pub fn ones(network: &Network) -> Result<Mask> {
        let handle = &network.handle;
        // SAFETY: a valid handle; so in all calls below.
        Handle::create(handle.context(), |out| unsafe { raw::lottery_mask_ones(handle.raw(), out) }).map(Mask::new)
    }

    tensors!(lottery_mask_tensor_count, lottery_mask_tensor_name, lottery_mask_tensor_shape);

    fn derive(&self, call: impl FnOnce(*mut raw::lottery_mask, MaskOut) -> raw::lottery_status) -> Result<Mask> {
        Handle::create(self.handle.context(), |out| call(self.handle.raw(), out)).map(Mask::new)
    }

    /// The mask with a tensor taken from bytes, one for each weight: 0 prunes, anything else keeps.
    pub fn replace(&self, tensor: usize, bytes: &[u8]) -> Result<Mask> {
        let (tensor, count) = (text::count(tensor), text::count(bytes.len()));
        self.derive(|mask, out| unsafe { raw::lottery_mask_replace(mask, tensor, bytes.as_ptr(), count, out) })
    }

    /// A tensor's mask, a byte of 0 or 1 per weight.
    pub fn read(&self, tensor: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.tensor_size(tensor)?];
        let (number, count) = (text::count(tensor), text::count(bytes.len()));
        self.handle.check(unsafe { raw::lottery_mask_read(self.handle.raw(), number, bytes.as_mut_ptr(), count) })?;
        Ok(bytes)
    }

    /// How many weights all tensors keep together.
    pub fn kept(&self) -> Result<Kept> {
        self.kept_of(-1)
    }

    /// How many weights a tensor keeps.
    pub fn tensor_kept(&self, tensor: usize) -> Result<Kept> {
        self.kept_of(text::count(tensor))
    }

    fn kept_of(&self, tensor: i64) -> Result<Kept> {
        let (mut kept, mut total) = (0, 0);
        self.handle.check(unsafe { raw::lottery_mask_kept(self.handle.raw(), tensor, &mut kept, &mut total) })?;
        Ok(Kept { kept: text::size(kept), total: text::size(total) })
    }

    /// How many units and inputs of a tensor are cut off.
    pub fn tensor_dead(&self, tensor: usize) -> Result<Dead> {
        let (mut units, mut inputs) = (0, 0);
        let tensor = text::count(tensor);
        self.handle.check(unsafe { raw::lottery_mask_dead(self.handle.raw(), tensor, &mut units, &mut inputs) })?;
        Ok(Dead { units: text::size(units), inputs: text::size(inputs) })
    }

    /// Weights kept by both masks.
    pub fn intersect(&self, other: &Mask) -> Result<Mask> {
        self.derive(|mask, out| unsafe { raw::lottery_mask_intersect(mask, other.handle.raw(), out) })
    }

    /// Weights kept by either mask.
    pub fn unite(&self, other: &Mask) -> Result<Mask> {
        self.derive(|mask, out| unsafe { raw::lottery_mask_unite(mask, other.handle.raw(), out) })
    }

    /// Weights kept by this mask and not by the other.
    pub fn subtract(&self, other: &Mask) -> Result<Mask> {
        self.derive(|mask, out| unsafe { raw::lottery_mask_subtract(mask, other.handle.raw(), out) })
    }

    /// The weights that this mask prunes.
    pub fn complement(&self) -> Result<Mask> {
        self.derive(|mask, out| unsafe { raw::lottery_mask_complement(mask, out) })
    }

    /// In how many weights two masks differ.
    pub fn hamming(&self, other: &Mask) -> Result<usize> {
        let other = other.handle.raw();
        Ok(text::size(self.handle.number(|mask, out| unsafe { raw::lottery_mask_hamming(mask, other, out) })?))
    }

    /// Weights kept by both / weights kept by either.
    pub fn jaccard(&self, other: &Mask) -> Result<f64> {
        let other = other.handle.raw();
        self.handle.number(|mask, out| unsafe { raw::lottery_mask_jaccard(mask, other, out) })
    }

    /// The kept weights of each tensor at random places of the same tensor.
    pub fn shuffle(&self, seed: u64) -> Result<Mask> {
        self.derive(|mask, out| unsafe { raw::lottery_mask_shuffle(mask, seed, out) })
    }

    /// A mask for another network, by the tensors' names and shapes; and, if some had no match, the library's list of
    /// them.
    pub fn transfer(&self, network: &Network) -> Result<(Mask, Option<String>)> {
        let context = self.handle.context();
        let (handle, status) = Handle::create_with_status(context, |out| unsafe {
            raw::lottery_mask_transfer(self.handle.raw(), network.handle.raw(), out)
        })?;
        let unmatched = if status == raw::LOTTERY_PARTIAL { Some(context.message()?) } else { None };
        Ok((Mask::new(handle), unmatched))
    }
}
