//! The doors: each turns what one WASI version and one SDK hand over into what the core takes, and
//! back, and nothing more. A component has one.

#[cfg(feature = "wasip2")]
#[expect(unsafe_code, reason = "the SDK's macro exports the handler")]
mod wasip2;
