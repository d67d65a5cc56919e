//! Where the records of a path have to be.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::SLOTS;

/// The slot of a key (its hash tag, if it has one), by the rule of the Redis Cluster specification.
pub fn slot(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let close = rest.iter().position(|byte| *byte == b'}')?;
        (close > 0).then(|| &rest[..close])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// A key in a slot.
pub fn key_in(slot: u16) -> String {
    TAGS[&slot].clone()
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

/// In how many parts the records are kept, and below which names.
#[derive(Debug, Clone)]
pub struct Shards {
    count: u16,
    key_prefix: String,
}

impl Shards {
    /// So many, below the usual names.
    pub fn new(count: u16) -> Self {
        Self::below(count, "path-records:")
    }

    /// So many, below names that begin like this.
    pub fn below(count: u16, key_prefix: &str) -> Self {
        Self { count, key_prefix: key_prefix.to_owned() }
    }

    /// How many there are.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// What every name begins with.
    pub fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    /// The part of a path, which its first segment decides.
    pub fn part(&self, path: &str) -> u16 {
        let segment = path.strip_prefix('/').expect("a path").split('/').next();
        let slot = slot_of_word(segment.unwrap_or_default());
        let part = u32::from(slot) * u32::from(self.count) / u32::from(SLOTS);
        part.try_into().expect("less than there are parts")
    }

    /// The slot in the middle of a part's share.
    pub fn slot(&self, part: u16) -> u16 {
        let slot = (2 * u32::from(part) + 1) * 8192 / u32::from(self.count);
        slot.try_into().expect("a slot")
    }

    /// What the names of a part's keys begin with.
    pub fn prefix(&self, part: u16) -> String {
        if self.count == 1 {
            return self.key_prefix.clone();
        }
        format!("{}{{{}}}", self.key_prefix, TAGS[&self.slot(part)])
    }

    /// The key of a part's own, such as its index.
    pub fn own(&self, part: u16, name: &str) -> String {
        format!("{}{name}", self.prefix(part))
    }

    /// The key of the record at a path.
    pub fn key(&self, path: &str) -> String {
        self.own(self.part(path), path)
    }
}

/// A segment may hold braces, which mean nothing here.
fn slot_of_word(word: &str) -> u16 {
    crc16(word.as_bytes()) % SLOTS
}

/// The word for each slot: three letters, the first of `H` to `W`, the others of the same in either case.
static TAGS: LazyLock<HashMap<u16, String>> = LazyLock::new(|| {
    let letters: Vec<char> = ('H'..='W').chain('h'..='w').collect();
    let mut tags = HashMap::new();
    for first in 'H'..='W' {
        for second in &letters {
            for third in &letters {
                let word = String::from_iter([first, *second, *third]);
                let other = tags.insert(slot_of_word(&word), word);
                assert_eq!(other, None, "two words have one slot");
            }
        }
    }
    tags
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slot_has_a_word() {
        assert_eq!(TAGS.len(), usize::from(SLOTS));
    }

    #[test]
    fn every_part_has_a_slot_within_its_share() {
        for count in [2, 3, 7, 12, 1000, 1024] {
            let shards = Shards::new(count);
            for part in 0..count {
                let share = u32::from(shards.slot(part)) * u32::from(count) / u32::from(SLOTS);
                assert_eq!(share, u32::from(part), "of {count}");
            }
        }
    }

    #[test]
    fn the_example_of_the_specification_has_its_slot() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot(b"{user1000}.following"), slot(b"{user1000}.followers"));
        assert_eq!(slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
    }
}
