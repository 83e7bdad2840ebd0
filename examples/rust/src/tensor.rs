//! Count, names and shapes of tensors, which networks, masks and snapshots give by the same three calls.
use crate::error::Result;
use crate::text;

/// No shape has more sizes: see the header, section 1.
const MOST_SIZES: usize = 8;

/// A shape from a function of the form (…, capacity, shape, rank).
pub(crate) fn shape(call: impl FnOnce(i64, *mut i64, *mut i32) -> Result<()>) -> Result<Vec<usize>> {
    let mut shape = [0; MOST_SIZES];
    let mut rank = 0;
    call(MOST_SIZES as i64, shape.as_mut_ptr(), &mut rank)?;
    Ok(shape[..text::size(rank.into())].iter().map(|&size| text::size(size)).collect())
}

macro_rules! tensors {
    ($count:ident, $name:ident, $shape:ident) => {
        /// How many tensors there are.
        pub fn tensor_count(&self) -> crate::Result<usize> {
            // SAFETY: a valid handle, and `number` gives a valid pointer.
            Ok(crate::text::size(self.handle.number(|handle, out| unsafe { crate::raw::$count(handle, out) })?))
        }

        /// The name of a tensor, such as "fc1.weight".
        pub fn tensor_name(&self, tensor: usize) -> crate::Result<String> {
            let tensor = crate::text::count(tensor);
            // SAFETY: a valid handle, and the buffer has the capacity.
            crate::text::read(self.handle.context(), |buffer, capacity, needed| unsafe {
                crate::raw::$name(self.handle.raw(), tensor, buffer, capacity, needed)
            })
        }

        /// The shape of a tensor.
        pub fn tensor_shape(&self, tensor: usize) -> crate::Result<Vec<usize>> {
            let tensor = crate::text::count(tensor);
            crate::tensor::shape(|capacity, shape, rank| {
                // SAFETY: a valid handle, and the array has the capacity.
                let status = unsafe { crate::raw::$shape(self.handle.raw(), tensor, capacity, shape, rank) };
                self.handle.check(status).map(drop)
            })
        }

        /// How many elements a tensor has.
        pub fn tensor_size(&self, tensor: usize) -> crate::Result<usize> {
            Ok(self.tensor_shape(tensor)?.iter().product())
        }
    };
}
pub(crate) use tensors;
