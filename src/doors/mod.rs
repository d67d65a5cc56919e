//! The doors: each turns what one WASI version and one SDK hand over into what the core takes, and
//! back, and nothing more. A component has one.
//!
//! | feature | HTTP | Redis and variables |
//! | --- | --- | --- |
//! | `wasip2` | `wasip2`: an instance a request | `spin2`: calls block |
//! | `wasip3` | `wasip3`: an instance serves many | `spin3`: calls are awaited |
//! | `wasip3-rc` | `wasip3`, of a release candidate | `spin2` |

mod cluster;
#[cfg(any(feature = "wasip3", feature = "wasip3-rc"))]
mod kept;
mod request;
mod spin;
#[cfg(any(feature = "wasip2", feature = "wasip3-rc"))]
mod spin2;
#[cfg(feature = "wasip3")]
mod spin3;
#[cfg(any(feature = "wasip3", feature = "wasip3-rc"))]
mod timer;
#[cfg(feature = "wasip2")]
#[expect(
    unsafe_code,
    clippy::same_length_and_capacity,
    reason = "the SDK's macro exports the handler"
)]
mod wasip2;
#[cfg(any(feature = "wasip3", feature = "wasip3-rc"))]
mod wasip3;

#[cfg(any(feature = "wasip2", feature = "wasip3-rc"))]
use spin2 as interfaces;
#[cfg(feature = "wasip3")]
use spin3 as interfaces;
