//! .npy files, NumPy's format for one array.
use crate::element::{check_shape, product, raw_shape, room};
use crate::error::check;
use crate::{raw, tensor, text, Context, Element, Result};
use std::path::Path;
use std::ptr::null_mut;

/// Writes an array of this shape.
pub fn save<E: Element>(context: &Context, path: impl AsRef<Path>, shape: &[usize], values: &[E]) -> Result<()> {
    let path = text::from_path("path", path.as_ref())?;
    check_shape("values", values.len(), shape)?;
    let ((rank, sizes), count) = (raw_shape(shape), text::count(values.len()));
    // SAFETY: `rank` sizes and `count` values.
    let status = unsafe {
        let values = values.as_ptr().cast();
        raw::lottery_npy_save(context.raw(), path.as_ptr(), E::NUMBER, rank, sizes.as_ptr(), values, count)
    };
    check(context, status).map(drop)
}

/// The number of a file's element type (`f32::NUMBER` and the like), and its shape.
pub fn describe(context: &Context, path: impl AsRef<Path>) -> Result<(i32, Vec<usize>)> {
    let path = text::from_path("path", path.as_ref())?;
    let mut element = 0;
    let shape = tensor::shape(|capacity, shape, rank| {
        // SAFETY: room for `capacity` sizes; the count may be NULL.
        let status = unsafe {
            raw::lottery_npy_describe(context.raw(), path.as_ptr(), &mut element, null_mut(), capacity, shape, rank)
        };
        check(context, status).map(drop)
    })?;
    Ok((element, shape))
}

/// The shape and the elements of a file. Real numbers are read as `f32`, whole ones as any type that holds them.
pub fn load<E: Element>(context: &Context, path: impl AsRef<Path>) -> Result<(Vec<usize>, Vec<E>)> {
    let (_, shape) = describe(context, path.as_ref())?;
    let mut values = room::<E>(product(&shape))?;
    let path = text::from_path("path", path.as_ref())?;
    let count = text::count(values.len());
    // SAFETY: room for `count` elements. If another file is there by now, the library says that it differs.
    let status =
        unsafe { raw::lottery_npy_load(context.raw(), path.as_ptr(), E::NUMBER, values.as_mut_ptr().cast(), count) };
    check(context, status)?;
    Ok((shape, values))
}
