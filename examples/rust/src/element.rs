//! Types of elements: of a dataset's inputs, and of arrays in files.
use crate::{raw, Error, Result, Status};

/// A type of elements of arrays: `f32`, `u8` or `i64`.
pub trait Element: Copy + Default + Send + Sync + 'static + sealed::Sealed {
    /// `LOTTERY_ELEMENT_…`
    const NUMBER: i32;
}

/// A type of elements of a dataset's inputs: `f32` or `u8`.
pub trait Input: Element {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($type:ty = $constant:ident,)*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const NUMBER: i32 = raw::$constant;
        }
    )*};
}

elements! {
    f32 = LOTTERY_ELEMENT_FLOAT32,
    u8 = LOTTERY_ELEMENT_UINT8,
    i64 = LOTTERY_ELEMENT_INT64,
}
impl Input for f32 {}
impl Input for u8 {}

/// The number of elements of an array of this shape in a slice of this length.
pub(crate) fn check_shape(argument: &str, length: usize, shape: &[usize]) -> Result<()> {
    if product(shape) == Some(length) {
        return Ok(());
    }
    Err(Error::new(Status::Shape, format!("{}: {} elements, but the shape is {:?}", argument, length, shape)))
}

/// `None` if it does not fit.
pub(crate) fn product(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))
}

/// A shape as C takes it, with its rank.
pub(crate) fn raw_shape(shape: &[usize]) -> (i32, Vec<i64>) {
    let sizes = shape.iter().map(|&size| crate::text::count(size)).collect();
    (i32::try_from(shape.len()).unwrap_or(i32::MAX), sizes)
}

/// An array of zeros; a file may give a size that exceeds the memory.
pub(crate) fn room<E: Element>(count: Option<usize>) -> Result<Vec<E>> {
    let mut values = Vec::new();
    match count {
        Some(count) if values.try_reserve_exact(count).is_ok() => values.resize(count, E::default()),
        _ => return Err(Error::new(Status::Memory, "values: more elements than memory".to_string())),
    }
    Ok(values)
}
