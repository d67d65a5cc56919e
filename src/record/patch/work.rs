//! What applying a patch may cost.

use super::Refusal;
use crate::record::limits::PATCH_STEPS_PER_BYTE;

/// The steps that applying a patch has taken, and those that it may take.
#[derive(Debug)]
pub struct Work {
    taken: usize,
    allowed: usize,
}

impl Work {
    /// As much as is allowed for a record and a patch that together have so many bytes.
    pub fn allowed_for(bytes: usize) -> Self {
        Self { taken: 0, allowed: bytes.saturating_mul(PATCH_STEPS_PER_BYTE) }
    }

    /// The record has grown by so many bytes.
    pub fn allow_for(&mut self, bytes: usize) {
        self.allowed = self.allowed.saturating_add(bytes.saturating_mul(PATCH_STEPS_PER_BYTE));
    }

    /// Takes so many steps, or refuses to.
    pub fn take(&mut self, steps: usize) -> Result<(), Refusal> {
        self.taken = self.taken.saturating_add(steps);
        if self.taken > self.allowed { Err(Refusal::TooCostly) } else { Ok(()) }
    }

    /// The steps that have been taken.
    #[cfg(test)]
    pub fn taken(&self) -> usize {
        self.taken
    }
}
