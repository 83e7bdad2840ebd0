//! Options by typed key, the named values of choices, and the library's table of all options.
//!
//! The keys of a trainer are in [`trainer`], those of a pruner in [`pruner`], a network's in [`network`], an
//! archive's in [`archive`], a node's in [`node`]: `trainer.set(option::trainer::LEARNING_RATE, 0.01)`. A value of the
//! wrong type does not compile.
use crate::error::Result;
use crate::handle::{Handle, Kind};
use crate::{raw, text, Error, Status};
use std::marker::PhantomData;
use std::os::raw::c_char;

/// An enum of the library's numbers.
macro_rules! choice {
    ($(#[$comment:meta])* $type:ident { $($(#[$meaning:meta])* $name:ident = $constant:ident,)* }) => {
        $(#[$comment])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$meaning])* $name,)*
        }

        impl $type {
            /// The number in `lottery.h`.
            pub fn to_raw(self) -> i32 {
                match self {
                    $($type::$name => crate::raw::$constant,)*
                }
            }

            /// The value with a number; a number of a later library is an error.
            pub fn from_raw(number: i32) -> crate::Result<$type> {
                match number {
                    $(crate::raw::$constant => Ok($type::$name),)*
                    other => Err(crate::Error::new(
                        crate::Status::Unsupported,
                        format!("{}: {} is not known to this binding", stringify!($type), other),
                    )),
                }
            }
        }
    };
}
pub(crate) use choice;

choice! {
    /// The optimiser.
    Optimiser {
        /// Stochastic gradient descent.
        Sgd = LOTTERY_OPTIMISER_SGD,
        /// Adam.
        Adam = LOTTERY_OPTIMISER_ADAM,
    }
}
choice! {
    /// The loss, which training minimises.
    Loss {
        /// Softmax cross-entropy.
        CrossEntropy = LOTTERY_LOSS_CROSS_ENTROPY,
        /// Mean squared error.
        MeanSquaredError = LOTTERY_LOSS_MEAN_SQUARED_ERROR,
    }
}
choice! {
    /// Which weights go first.
    Criterion {
        /// The weights of smallest magnitude.
        Magnitude = LOTTERY_CRITERION_MAGNITUDE,
        /// Random weights.
        Random = LOTTERY_CRITERION_RANDOM,
    }
}
choice! {
    /// The weights that are ranked together.
    Scope {
        /// Those of each tensor.
        Layerwise = LOTTERY_SCOPE_LAYERWISE,
        /// All weights.
        Global = LOTTERY_SCOPE_GLOBAL,
    }
}

/// The key of an option of the handle `H` whose value is a `V`.
pub struct Key<H, V> {
    number: i32,
    marker: PhantomData<fn() -> (H, V)>,
}

impl<H, V> Clone for Key<H, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<H, V> Copy for Key<H, V> {}

impl<H, V> Key<H, V> {
    pub(crate) const fn new(number: i32) -> Self {
        Key { number, marker: PhantomData }
    }

    /// The number in `lottery.h`.
    pub fn to_raw(self) -> i32 {
        self.number
    }
}

/// A node of a network, as the owner of an option.
pub enum NodeOption {}

macro_rules! keys {
    ($($module:ident: $handle:ty { $($name:ident: $value:ty = $constant:ident,)* })*) => {
        $(
            /// Keys, with the type of their values. `lottery.h`, section 3, says what they mean.
            pub mod $module {
                use super::*;
                $(#[doc = concat!("`", stringify!($constant), "`")]
                pub const $name: Key<$handle, $value> = Key::new(raw::$constant);)*
            }
        )*

        /// Each key with the type of its value, for the test that compares them with the library's table.
        #[doc(hidden)]
        pub fn keys() -> Vec<(i32, i32)> {
            vec![$($((raw::$constant, <$value as Value>::TYPE),)*)*]
        }
    };
}

keys! {
    trainer: raw::lottery_trainer {
        OPTIMISER: Optimiser = LOTTERY_TRAINER_OPTIMISER,
        LOSS: Loss = LOTTERY_TRAINER_LOSS,
        BATCH_SIZE: i64 = LOTTERY_TRAINER_BATCH_SIZE,
        LEARNING_RATE: f64 = LOTTERY_TRAINER_LEARNING_RATE,
        MOMENTUM: f64 = LOTTERY_TRAINER_MOMENTUM,
        NESTEROV: bool = LOTTERY_TRAINER_NESTEROV,
        BETA1: f64 = LOTTERY_TRAINER_BETA1,
        BETA2: f64 = LOTTERY_TRAINER_BETA2,
        EPSILON: f64 = LOTTERY_TRAINER_EPSILON,
        WEIGHT_DECAY: f64 = LOTTERY_TRAINER_WEIGHT_DECAY,
        DECAY_BIASES: bool = LOTTERY_TRAINER_DECAY_BIASES,
        WARMUP: i64 = LOTTERY_TRAINER_WARMUP,
        MILESTONES: Vec<f64> = LOTTERY_TRAINER_MILESTONES,
        MILESTONE_FACTOR: f64 = LOTTERY_TRAINER_MILESTONE_FACTOR,
        PROGRESS_INTERVAL: i64 = LOTTERY_TRAINER_PROGRESS_INTERVAL,
    }
    pruner: raw::lottery_pruner {
        CRITERION: Criterion = LOTTERY_PRUNER_CRITERION,
        SCOPE: Scope = LOTTERY_PRUNER_SCOPE,
        RATE: f64 = LOTTERY_PRUNER_RATE,
        OUTPUT_FACTOR: f64 = LOTTERY_PRUNER_OUTPUT_FACTOR,
        COUNT: i64 = LOTTERY_PRUNER_COUNT,
        DENSITY: f64 = LOTTERY_PRUNER_DENSITY,
        SEED: i64 = LOTTERY_PRUNER_SEED,
    }
    network: raw::lottery_network {
        CROSSOVER: f64 = LOTTERY_NETWORK_CROSSOVER,
    }
    archive: raw::lottery_archive {
        HEADER_LIMIT: i64 = LOTTERY_ARCHIVE_HEADER_LIMIT,
        BYTE_LIMIT: i64 = LOTTERY_ARCHIVE_BYTE_LIMIT,
    }
    node: NodeOption {
        BIAS: bool = LOTTERY_NODE_BIAS,
    }
}

/// A type of an option's value, and the C type in which it is passed.
pub trait Value: Sized + sealed::Sealed {
    /// The C type.
    #[doc(hidden)]
    type Carrier: Default;
    #[doc(hidden)]
    const TYPE: i32;
    #[doc(hidden)]
    fn into_carrier(self) -> Self::Carrier;
    #[doc(hidden)]
    fn from_carrier(carrier: Self::Carrier) -> Result<Self>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! values {
    ($($type:ty as $carrier:ty, $constant:ident: $value:ident => $into:expr, $from:expr;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Value for $type {
            type Carrier = $carrier;
            const TYPE: i32 = raw::$constant;
            fn into_carrier(self) -> $carrier {
                let $value = self;
                $into
            }
            fn from_carrier($value: $carrier) -> Result<Self> {
                $from
            }
        }
    )*};
}

values! {
    i64 as i64, LOTTERY_TYPE_INTEGER: value => value, Ok(value);
    bool as i64, LOTTERY_TYPE_INTEGER: value => value as i64, Ok(value != 0);
    f64 as f64, LOTTERY_TYPE_REAL: value => value, Ok(value);
    Vec<f64> as Vec<f64>, LOTTERY_TYPE_REALS: value => value, Ok(value);
    Optimiser as i64, LOTTERY_TYPE_CHOICE: value => value.to_raw().into(), Optimiser::from_raw(value as i32);
    Loss as i64, LOTTERY_TYPE_CHOICE: value => value.to_raw().into(), Loss::from_raw(value as i32);
    Criterion as i64, LOTTERY_TYPE_CHOICE: value => value.to_raw().into(), Criterion::from_raw(value as i32);
    Scope as i64, LOTTERY_TYPE_CHOICE: value => value.to_raw().into(), Scope::from_raw(value as i32);
}

/// A handle with options that are passed as a `C`.
#[doc(hidden)]
pub trait Store<C>: Sized {
    /// # Safety
    /// `handle` is valid.
    unsafe fn store(handle: *mut Self, key: i32, value: &C) -> raw::lottery_status;
    /// # Safety
    /// `handle` is valid.
    unsafe fn fetch(handle: *mut Self, key: i32, value: &mut C) -> raw::lottery_status;
}

macro_rules! stores {
    ($($handle:ident, $carrier:ty, $set:ident, $get:ident;)*) => {$(
        impl Store<$carrier> for raw::$handle {
            unsafe fn store(handle: *mut Self, key: i32, value: &$carrier) -> raw::lottery_status {
                // SAFETY: the caller's promise.
                unsafe { raw::$set(handle, key, *value) }
            }
            unsafe fn fetch(handle: *mut Self, key: i32, value: &mut $carrier) -> raw::lottery_status {
                // SAFETY: the caller's promise.
                unsafe { raw::$get(handle, key, value) }
            }
        }
    )*};
}

stores! {
    lottery_trainer, i64, lottery_trainer_set_integer, lottery_trainer_get_integer;
    lottery_trainer, f64, lottery_trainer_set_real, lottery_trainer_get_real;
    lottery_pruner, i64, lottery_pruner_set_integer, lottery_pruner_get_integer;
    lottery_pruner, f64, lottery_pruner_set_real, lottery_pruner_get_real;
    lottery_archive, i64, lottery_archive_set_integer, lottery_archive_get_integer;
    lottery_network, f64, lottery_network_set_real, lottery_network_get_real;
}

impl Store<Vec<f64>> for raw::lottery_trainer {
    unsafe fn store(handle: *mut Self, key: i32, value: &Vec<f64>) -> raw::lottery_status {
        // SAFETY: the caller's promise, and as many values as said.
        unsafe { raw::lottery_trainer_set_reals(handle, key, value.as_ptr(), text::count(value.len())) }
    }

    unsafe fn fetch(handle: *mut Self, key: i32, value: &mut Vec<f64>) -> raw::lottery_status {
        let mut count = 0;
        loop {
            let capacity = value.len();
            // SAFETY: the caller's promise, and room for `capacity` values.
            let status = unsafe {
                raw::lottery_trainer_get_reals(handle, key, text::count(capacity), value.as_mut_ptr(), &mut count)
            };
            value.resize(text::size(count), 0.0);
            if status < raw::LOTTERY_OK || value.len() <= capacity {
                return status;
            }
        }
    }
}

pub(crate) fn set<H: Kind + Store<V::Carrier>, V: Value>(handle: &Handle<H>, key: Key<H, V>, value: V) -> Result<()> {
    // SAFETY: a valid handle.
    handle.check(unsafe { H::store(handle.raw(), key.number, &value.into_carrier()) })?;
    Ok(())
}

pub(crate) fn get<H: Kind + Store<V::Carrier>, V: Value>(handle: &Handle<H>, key: Key<H, V>) -> Result<V> {
    let mut carrier = V::Carrier::default();
    // SAFETY: a valid handle.
    handle.check(unsafe { H::fetch(handle.raw(), key.number, &mut carrier) })?;
    V::from_carrier(carrier)
}

/// A row of the library's table of options.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// `LOTTERY_TRAINER_…` and the like.
    pub key: i32,
    /// `LOTTERY_HANDLE_…`: the handle that it belongs to.
    pub handle: i32,
    /// `LOTTERY_TYPE_…`: the type of its value.
    pub kind: i32,
    /// The least value.
    pub minimum: f64,
    /// The greatest value.
    pub maximum: f64,
    /// The default.
    pub initial: f64,
    /// The key in lower case without its prefix.
    pub name: &'static str,
    /// One sentence.
    pub meaning: &'static str,
}

/// No handle, so no message.
fn bare(status: raw::lottery_status) -> Result<()> {
    match status {
        raw::LOTTERY_OK.. => Ok(()),
        error => Err(Error::new(Status::from_raw(error), String::new())),
    }
}

/// The library's table of options.
pub fn table() -> Result<Vec<Description>> {
    let mut count = 0;
    // SAFETY: all pointers are valid, and the strings are the library's.
    unsafe {
        bare(raw::lottery_option_count(&mut count))?;
        (0..count)
            .map(|index| {
                let (mut key, mut handle, mut kind) = (0, 0, 0);
                let (mut minimum, mut maximum, mut initial) = (0.0, 0.0, 0.0);
                let mut name: *const c_char = std::ptr::null();
                let mut meaning = name;
                bare(raw::lottery_option_describe(
                    index,
                    &mut key,
                    &mut handle,
                    &mut kind,
                    &mut minimum,
                    &mut maximum,
                    &mut initial,
                    &mut name,
                    &mut meaning,
                ))?;
                let (name, meaning) = (text::constant(name), text::constant(meaning));
                Ok(Description { key, handle, kind, minimum, maximum, initial, name, meaning })
            })
            .collect()
    }
}

/// The library's name for a value of a choice, such as "adam". `key` and `value` are numbers in `lottery.h`.
pub fn choice_name(key: i32, value: i64) -> Result<&'static str> {
    let mut name: *const c_char = std::ptr::null();
    // SAFETY: a valid pointer, and the library's string.
    unsafe {
        bare(raw::lottery_option_choice(key, value, &mut name))?;
        Ok(text::constant(name))
    }
}
