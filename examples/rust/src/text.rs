//! Strings in and out.
use crate::error::{check, Error, Result, Status};
use crate::{raw, Context};
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A string that lives as long as the library, which is linked.
///
/// # Safety
/// `text` comes from a function of the library that promises such a string.
pub(crate) unsafe fn constant(text: *const c_char) -> &'static str {
    // SAFETY: the caller's promise. All strings of the library are UTF-8.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("")
}

/// Calls a function of the form (…, buffer, capacity, needed) until the text fits: another thread may change it.
pub(crate) fn read_raw(
    call: impl Fn(*mut c_char, i64, *mut i64) -> raw::lottery_status,
) -> std::result::Result<String, raw::lottery_status> {
    let mut buffer = vec![0_u8; 256];
    loop {
        let mut needed = 0;
        let status = call(buffer.as_mut_ptr().cast(), buffer.len() as i64, &mut needed);
        if status < raw::LOTTERY_OK {
            return Err(status);
        }
        let needed = size(needed);
        if needed <= buffer.len() {
            buffer.truncate(needed.saturating_sub(1));
            return Ok(String::from_utf8_lossy(&buffer).into_owned());
        }
        buffer.resize(needed, 0);
    }
}

pub(crate) fn read(
    context: &Context, call: impl Fn(*mut c_char, i64, *mut i64) -> raw::lottery_status,
) -> Result<String> {
    match read_raw(call) {
        Ok(text) => Ok(text),
        Err(status) => Err(check(context, status).unwrap_err()),
    }
}

fn zero_terminated(argument: &str, bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|error| {
        let message = format!("{}: has a zero at byte {}", argument, error.nul_position());
        Error::new(Status::Argument, message)
    })
}

pub(crate) fn from_str(argument: &str, text: &str) -> Result<CString> {
    zero_terminated(argument, text.as_bytes())
}

pub(crate) fn from_path(argument: &str, path: &Path) -> Result<CString> {
    zero_terminated(argument, path.as_os_str().as_bytes())
}

/// A count for the library. One that does not fit exceeds every limit, and the library says which.
pub(crate) fn count<T: TryInto<i64>>(value: T) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// A count from the library, never negative.
pub(crate) fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0)
}
