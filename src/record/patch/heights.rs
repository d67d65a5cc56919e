//! How deep a container's values nest.

/// How many of a container's values have which height, the height of a value being how deep arrays and
/// objects nest in it. So the container's own is known after each change, without looking at the
/// values again.
#[derive(Debug, Clone, Default)]
pub struct Heights(Vec<u32>);

impl Heights {
    /// The container's own height.
    pub fn height(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX).max(1)
    }

    /// One more value.
    pub fn add(&mut self, height: u8) {
        let height = usize::from(height);
        if self.0.len() <= height {
            self.0.resize(height + 1, 0);
        }
        if let Some(count) = self.0.get_mut(height) {
            *count += 1;
        }
    }

    /// One value less.
    pub fn remove(&mut self, height: u8) {
        if let Some(count) = self.0.get_mut(usize::from(height)) {
            *count = count.saturating_sub(1);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_one_higher_than_its_highest_value() {
        let mut heights = Heights::default();
        assert_eq!(heights.height(), 1);
        for (height, own) in [(0, 1), (3, 4), (3, 4), (1, 4)] {
            heights.add(height);
            assert_eq!(heights.height(), own);
        }
        for (height, own) in [(3, 4), (3, 2), (1, 1), (0, 1)] {
            heights.remove(height);
            assert_eq!(heights.height(), own);
        }
    }
}
