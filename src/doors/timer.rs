//! Waiting, while the other requests of an instance go on.

use std::time::Duration;

#[cfg(feature = "wasip3-rc")]
use spin_sdk::http_wasip3::wasip3::clocks::monotonic_clock::wait_for;
#[cfg(feature = "wasip3")]
use spin_sdk::wasip3::clocks::monotonic_clock::wait_for;

/// Waits so long.
pub async fn sleep(time: Duration) {
    wait_for(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).await;
}
