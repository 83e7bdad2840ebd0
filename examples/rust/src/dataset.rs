//! Datasets: examples and their labels, copied, borrowed or owned.
use crate::element::raw_shape;
use crate::error::{check_length, Error, Result, Status};
use crate::handle::Handle;
use crate::{raw, tensor, text, unwind, Context, Input};
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;

/// The value of an element e is e * scale + shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The factor of an element.
    pub scale: f64,
    /// The number added after that.
    pub shift: f64,
}

impl Scale {
    /// Elements as they are.
    pub const NONE: Scale = Scale { scale: 1.0, shift: 0.0 };
    /// Bytes become 0 to 1.
    pub const PIXELS: Scale = Scale { scale: 1.0 / 255.0, shift: 0.0 };
}

/// Mean and standard deviation of the input values: one for all features together, or one for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The means.
    pub mean: Vec<f64>,
    /// The standard deviations, of the population.
    pub deviation: Vec<f64>,
}

/// Examples and their labels. Immutable; clones are the same dataset. `'a` is the life of borrowed inputs.
#[derive(Clone)]
pub struct Dataset<'a> {
    pub(crate) handle: Arc<Handle<raw::lottery_dataset>>,
    inputs: PhantomData<&'a [u8]>,
}

/// How `make` treats the memory of inputs.
struct Memory {
    kind: i32,
    release: raw::lottery_dataset_release,
    user: *mut c_void,
}

/// Drops the owner of a buffer.
///
/// # Safety
/// `user` is a `Box<T>` made into a pointer, which nobody else has.
unsafe extern "C" fn release<T>(user: *mut c_void) {
    // SAFETY: the caller's promise.
    let owner = unsafe { Box::from_raw(user.cast::<T>()) };
    unwind::catch((), || drop(owner));
}

type DatasetOut = *mut *mut raw::lottery_dataset;

// SAFETY of all calls below: valid handles, and pointers to as many elements as is said.
impl<'a> Dataset<'a> {
    fn new(handle: Handle<raw::lottery_dataset>) -> Dataset<'a> {
        Dataset { handle: Arc::new(handle), inputs: PhantomData }
    }

    /// # Safety
    /// With memory that is not copied, `inputs` stay and do not change for `'a`, or until `release`.
    unsafe fn make<E: Input>(
        context: &Context, shape: &[usize], inputs: &[E], scale: Scale, memory: Memory,
    ) -> Result<Dataset<'a>> {
        let features = shape.iter().fold(1_usize, |product, &size| product.saturating_mul(size));
        if features == 0 || inputs.len() % features != 0 {
            let message = format!("inputs: {} elements are not a whole number of examples {:?}", inputs.len(), shape);
            return Err(Error::new(Status::Shape, message));
        }
        let count = text::count(inputs.len() / features);
        let (rank, sizes) = raw_shape(shape);
        Handle::create(context, |out| unsafe {
            raw::lottery_dataset_create(
                context.raw(),
                count,
                rank,
                sizes.as_ptr(),
                E::NUMBER,
                inputs.as_ptr().cast(),
                scale.scale,
                scale.shift,
                memory.kind,
                memory.release,
                memory.user,
                out,
            )
        })
        .map(Dataset::new)
    }

    /// A dataset of copied inputs, without labels. `shape`: of one example, 1 to 3 sizes.
    pub fn copy<E: Input>(context: &Context, shape: &[usize], inputs: &[E], scale: Scale) -> Result<Dataset<'static>> {
        let memory = Memory { kind: raw::LOTTERY_MEMORY_COPY, release: None, user: null_mut() };
        unsafe { Dataset::make(context, shape, inputs, scale, memory) }
    }

    /// A dataset of inputs that stay where they are.
    pub fn borrow<E: Input>(context: &Context, shape: &[usize], inputs: &'a [E], scale: Scale) -> Result<Dataset<'a>> {
        let memory = Memory { kind: raw::LOTTERY_MEMORY_BORROW, release: None, user: null_mut() };
        unsafe { Dataset::make(context, shape, inputs, scale, memory) }
    }

    /// A dataset that owns its inputs: a `Vec`, an `Arc<[f32]>`, a mapped file. The owner is dropped with the last
    /// dataset or trainer that uses it, in the thread that drops that one; if this function fails, here.
    pub fn own<E: Input, T: AsRef<[E]> + Send + 'static>(
        context: &Context, shape: &[usize], owner: T, scale: Scale,
    ) -> Result<Dataset<'static>> {
        // Boxed first: the slice may lie in the owner itself. Nobody moves or changes the owner until it is dropped.
        let user = Box::into_raw(Box::new(owner));
        let memory =
            Memory { kind: raw::LOTTERY_MEMORY_BORROW, release: Some(release::<T>), user: user.cast::<c_void>() };
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unsafe {
            Dataset::make(context, shape, (*user).as_ref(), scale, memory)
        }));
        if !matches!(made, Ok(Ok(_))) {
            // SAFETY: `release` is not called for a dataset that was not made.
            drop(unsafe { Box::from_raw(user) });
        }
        made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Images and, if given, labels from IDX files, plain or gzipped.
    pub fn load_idx(context: &Context, images: impl AsRef<Path>, labels: Option<&Path>) -> Result<Dataset<'static>> {
        let images = text::from_path("images", images.as_ref())?;
        let labels = labels.map(|path| text::from_path("labels", path)).transpose()?;
        let labels = labels.as_ref().map_or(std::ptr::null(), |path| path.as_ptr());
        Handle::create(context, |out| unsafe {
            raw::lottery_dataset_load_idx(context.raw(), images.as_ptr(), labels, out)
        })
        .map(Dataset::new)
    }

    fn derive(
        &self, call: impl FnOnce(*mut raw::lottery_dataset, DatasetOut) -> raw::lottery_status,
    ) -> Result<Dataset<'a>> {
        Handle::create(self.handle.context(), |out| call(self.handle.raw(), out)).map(Dataset::new)
    }

    /// The same inputs with labels: one for each example, 0 to `classes` - 1.
    pub fn with_labels(&self, classes: i32, labels: &[i32]) -> Result<Dataset<'a>> {
        let count = text::count(labels.len());
        self.derive(|dataset, out| unsafe {
            raw::lottery_dataset_with_labels(dataset, i64::from(classes), labels.as_ptr(), count, out)
        })
    }

    /// The same inputs with real targets for mean squared error: `width` for each example.
    pub fn with_targets(&self, width: usize, targets: &[f32]) -> Result<Dataset<'a>> {
        let examples = self.len()?;
        check_length("targets", targets.len(), examples.saturating_mul(width))?;
        let (width, count) = (text::count(width), text::count(examples));
        self.derive(|dataset, out| unsafe {
            raw::lottery_dataset_with_targets(dataset, width, targets.as_ptr(), count, out)
        })
    }

    /// `count` examples drawn at random, and the others.
    pub fn split(&self, count: usize, seed: u64) -> Result<(Dataset<'a>, Dataset<'a>)> {
        let (context, count) = (self.handle.context(), text::count(count));
        let mut second = null_mut();
        let first = Handle::create(context, |out| unsafe {
            raw::lottery_dataset_split(self.handle.raw(), count, seed, out, &mut second)
        })?;
        Ok((Dataset::new(first), Dataset::new(Handle::own(context, second))))
    }

    /// The examples `indices`, in this order.
    pub fn subset(&self, indices: &[usize]) -> Result<Dataset<'a>> {
        let indices: Vec<i64> = indices.iter().map(|&index| text::count(index)).collect();
        let count = text::count(indices.len());
        self.derive(|dataset, out| unsafe { raw::lottery_dataset_subset(dataset, indices.as_ptr(), count, out) })
    }

    /// The labels permuted at random among the examples.
    pub fn shuffle_labels(&self, seed: u64) -> Result<Dataset<'a>> {
        self.derive(|dataset, out| unsafe { raw::lottery_dataset_shuffle_labels(dataset, seed, out) })
    }

    /// The label l replaced by `map[l]`, 0 to `classes` - 1.
    pub fn relabel(&self, classes: i32, map: &[i32]) -> Result<Dataset<'a>> {
        let count = text::count(map.len());
        self.derive(|dataset, out| unsafe { raw::lottery_dataset_relabel(dataset, i64::from(classes), map.as_ptr(), count, out) })
    }

    /// Mean and deviation of the inputs. `groups`: 1 for all together, or the first size of the shape for one each.
    pub fn statistics(&self, groups: usize) -> Result<Statistics> {
        // The arrays have the lengths that the library accepts; it refuses any other before it writes.
        let room = if groups == 1 || groups == self.shape()?[0] { groups } else { 0 };
        let (mut mean, mut deviation) = (vec![0.0; room], vec![0.0; room]);
        let groups = text::count(groups);
        self.handle.check(unsafe {
            raw::lottery_dataset_statistics(self.handle.raw(), groups, mean.as_mut_ptr(), deviation.as_mut_ptr())
        })?;
        Ok(Statistics { mean, deviation })
    }

    /// The input value v replaced by (v - mean) / deviation, usually by another dataset's statistics. A deviation of 0
    /// counts as 1.
    pub fn normalise(&self, statistics: &Statistics) -> Result<Dataset<'a>> {
        let Statistics { mean, deviation } = statistics;
        check_length("deviation", deviation.len(), mean.len())?;
        let groups = text::count(mean.len());
        self.derive(|dataset, out| unsafe {
            raw::lottery_dataset_normalise(dataset, groups, mean.as_ptr(), deviation.as_ptr(), out)
        })
    }

    fn sizes(&self) -> Result<[usize; 3]> {
        let [mut count, mut features, mut classes] = [0; 3];
        self.handle
            .check(unsafe { raw::lottery_dataset_sizes(self.handle.raw(), &mut count, &mut features, &mut classes) })?;
        Ok([count, features, classes].map(text::size))
    }

    /// How many examples there are; never 0.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> Result<usize> {
        Ok(self.sizes()?[0])
    }

    /// How many features an example has.
    pub fn features(&self) -> Result<usize> {
        Ok(self.sizes()?[1])
    }

    /// How many classes there are; 0 without labels.
    pub fn classes(&self) -> Result<usize> {
        Ok(self.sizes()?[2])
    }

    /// The shape of one example.
    pub fn shape(&self) -> Result<Vec<usize>> {
        tensor::shape(|capacity, shape, rank| {
            let status = unsafe { raw::lottery_dataset_shape(self.handle.raw(), capacity, shape, rank) };
            self.handle.check(status).map(drop)
        })
    }

    /// The inputs of `count` examples from `first` on, as training sees them.
    pub fn read_inputs(&self, first: usize, count: usize) -> Result<Vec<f32>> {
        let mut inputs = vec![0.0; self.room(first, count)? * self.features()?];
        let (first, count) = (text::count(first), text::count(count));
        self.handle.check(unsafe {
            raw::lottery_dataset_read(self.handle.raw(), first, count, inputs.as_mut_ptr(), null_mut())
        })?;
        Ok(inputs)
    }

    /// The labels of `count` examples from `first` on.
    pub fn read_labels(&self, first: usize, count: usize) -> Result<Vec<i32>> {
        let mut labels = vec![0; self.room(first, count)?];
        let (first, count) = (text::count(first), text::count(count));
        self.handle.check(unsafe {
            raw::lottery_dataset_read(self.handle.raw(), first, count, null_mut(), labels.as_mut_ptr())
        })?;
        Ok(labels)
    }

    /// How many real targets an example has; 0 without targets.
    pub fn target_width(&self) -> Result<usize> {
        let width: i64 =
            self.handle.number(|dataset, out| unsafe { raw::lottery_dataset_target_width(dataset, out) })?;
        Ok(text::size(width))
    }

    /// The targets of `count` examples from `first` on.
    pub fn read_targets(&self, first: usize, count: usize) -> Result<Vec<f32>> {
        let mut targets = vec![0.0; self.room(first, count)? * self.target_width()?];
        let (first, count) = (text::count(first), text::count(count));
        self.handle.check(unsafe {
            raw::lottery_dataset_read_targets(self.handle.raw(), first, count, targets.as_mut_ptr())
        })?;
        Ok(targets)
    }

    /// How many examples to make room for: 0 for a range that the library will refuse.
    fn room(&self, first: usize, count: usize) -> Result<usize> {
        let end = first.checked_add(count);
        Ok(if end.map_or(true, |end| end > self.len().unwrap_or(0)) { 0 } else { count })
    }
}
