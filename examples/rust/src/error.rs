//! Statuses below 0 as `Error`, with the message that the library left in the context.
use crate::{raw, text, Context};
use std::fmt;

macro_rules! statuses {
    ($($(#[$comment:meta])* $name:ident = $constant:ident,)*) => {
        /// What kind of error it is. Later releases of the library may add some: those are `Unknown`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[$comment])* $name,)*
            /// A status that this binding does not know.
            Unknown(i32),
        }

        impl Status {
            /// The status with this number.
            pub fn from_raw(number: i32) -> Status {
                match number {
                    $(raw::$constant => Status::$name,)*
                    other => Status::Unknown(other),
                }
            }

            /// The number in `lottery.h`.
            pub fn to_raw(self) -> i32 {
                match self {
                    $(Status::$name => raw::$constant,)*
                    Status::Unknown(other) => other,
                }
            }
        }
    };
}

statuses! {
    /// An argument is out of its range.
    Argument = LOTTERY_ERROR_ARGUMENT,
    /// A handle is of another kind. The types of this crate exclude it.
    Handle = LOTTERY_ERROR_HANDLE,
    /// An allocation failed, or a size does not fit.
    Memory = LOTTERY_ERROR_MEMORY,
    /// The call is not possible now.
    State = LOTTERY_ERROR_STATE,
    /// Shapes, sizes or names that must agree do not.
    Shape = LOTTERY_ERROR_SHAPE,
    /// A file cannot be opened or read.
    File = LOTTERY_ERROR_FILE,
    /// A file's content is not what it must be.
    Format = LOTTERY_ERROR_FORMAT,
    /// A loss or weight is infinite or not a number.
    NotFinite = LOTTERY_ERROR_NOT_FINITE,
    /// This machine or build cannot do it.
    Unsupported = LOTTERY_ERROR_UNSUPPORTED,
    /// A pruned weight is not zero.
    Mask = LOTTERY_ERROR_MASK,
}

impl Status {
    /// The library's name for it, such as "LOTTERY_ERROR_SHAPE".
    pub fn name(self) -> &'static str {
        // SAFETY: takes any number and returns a constant string.
        unsafe { text::constant(raw::lottery_status_name(self.to_raw())) }
    }
}

/// What went wrong: the status, and a message that names argument, value and limit.
///
/// The message is read from the context just after the call. Where threads share a context, another thread's error may
/// have taken its place; the status is always the call's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    message: String,
}

impl Error {
    pub(crate) fn new(status: Status, message: String) -> Error {
        Error { status, message }
    }

    /// What kind of error it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Which argument, its value, and the limit that it broke.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let separator = if self.message.is_empty() { "" } else { ": " };
        write!(formatter, "{}{}{}", self.status.name(), separator, self.message)
    }
}

impl std::error::Error for Error {}

/// A value, or the library's error.
pub type Result<T> = std::result::Result<T, Error>;

/// Status and message as a result; statuses of 0 and more, known or not, are success.
pub(crate) fn check(context: &Context, status: raw::lottery_status) -> Result<raw::lottery_status> {
    if status >= raw::LOTTERY_OK {
        return Ok(status);
    }
    // The library has no message for an invalid first handle, which cannot happen here.
    Err(Error::new(Status::from_raw(status), context.message().unwrap_or_default()))
}

/// The error that the library would return for a wrong length if C's arrays had one.
pub(crate) fn check_length(argument: &str, length: usize, wanted: usize) -> Result<()> {
    if length == wanted {
        return Ok(());
    }
    Err(Error::new(Status::Shape, format!("{}: {} elements, but it must have {}", argument, length, wanted)))
}
