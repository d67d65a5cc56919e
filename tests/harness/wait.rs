//! Waiting for something to become true.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it. Far more than it needs on a busy machine:
/// reaching it is a failure, not a measurement.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until there is an answer, and gives it; fails when [`PATIENCE`] runs out.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
