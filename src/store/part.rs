//! The parts in which the records are kept, and where a Redis Cluster has them.
//!
//! A cluster puts a key into one of 16,384 slots, by the CRC16 of what its first braces hold (the hash tag), and
//! each slot is on one node. A path's part follows from its first segment, and a part's tag lies in the middle of
//! the part's share of the slots: so nodes that have equal ranges of slots have equal shares of the parts.

use std::num::NonZeroU16;

use crc::{CRC_16_XMODEM, Crc, NoTable};

use crate::record::limits;

/// How many slots a cluster has (Redis Cluster Specification, "Key distribution model").
const SLOTS: u16 = 1 << SLOT_BITS;
const SLOT_BITS: usize = 14;

/// In how many parts the records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards(NonZeroU16);

/// One of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part(u16);

impl Part {
    /// The first part, which is there always.
    pub const FIRST: Self = Self(0);
}

impl Shards {
    /// So many; `None`: there can't be so many.
    #[must_use]
    pub fn new(count: NonZeroU16) -> Option<Self> {
        (count.get() <= limits::MAX_SHARDS).then_some(Self(count))
    }

    /// How many.
    #[must_use]
    pub fn count(self) -> u16 {
        self.0.get()
    }

    /// Whether all records are in one part.
    #[must_use]
    pub fn is_one(self) -> bool {
        self.count() == 1
    }

    /// All parts.
    pub fn parts(self) -> impl Iterator<Item = Part> {
        (0..self.count()).map(Part)
    }

    /// The part of a path.
    #[must_use]
    pub fn part_of(self, path: &str) -> Part {
        if self.is_one() {
            return Part::FIRST;
        }
        let segment = path.strip_prefix('/').unwrap_or(path);
        let segment = segment.split_once('/').map_or(segment, |(first, _)| first);
        Part(scaled(slot(segment), self.count(), SLOTS))
    }

    /// The part of all paths that begin so; `None`: they are in several.
    #[must_use]
    pub fn part_below(self, prefix: &str) -> Option<Part> {
        let has_whole_segment = prefix.bytes().filter(|byte| *byte == b'/').nth(1).is_some();
        (self.is_one() || has_whole_segment).then(|| self.part_of(prefix))
    }

    /// The first part of each of so many equal ranges of slots that has one, with the range's place from 0.
    pub fn shares(self, ranges: usize) -> impl Iterator<Item = (usize, Part)> {
        let ranges = u16::try_from(ranges).unwrap_or(u16::MAX);
        (0..ranges).filter_map(move |range| {
            let (from, to) = (scaled(range, SLOTS, ranges), scaled(range + 1, SLOTS, ranges));
            let part = self.parts().find(|part| self.middle(*part) >= from)?;
            (self.middle(part) < to).then_some((usize::from(range), part))
        })
    }

    /// The hash tag of a part's keys: the only word of its kind that the cluster puts into the slot in the middle
    /// of the part's share.
    #[must_use]
    pub fn tag(self, part: Part) -> String {
        word(self.middle(part))
    }

    /// The slot in the middle of a part's share.
    fn middle(self, part: Part) -> u16 {
        scaled(2 * part.0 + 1, SLOTS / 2, self.count())
    }
}

/// `number * factor / divisor`, rounded down; it is never as large as the larger of both.
fn scaled(number: u16, factor: u16, divisor: u16) -> u16 {
    let scaled = u32::from(number) * u32::from(factor) / u32::from(divisor.max(1));
    u16::try_from(scaled).unwrap_or_default()
}

/// The slot of a key that is a text without braces.
fn slot(text: &str) -> u16 {
    Crc::<u16, NoTable>::new(&CRC_16_XMODEM).checksum(text.as_bytes()) % SLOTS
}

/// The word for a slot. There are 16,384 words of three letters, of which the first is one of `H` to `W`, and each
/// other one of `H` to `W` or `h` to `w`; each is in a slot of its own.
fn word(slot: u16) -> String {
    /// The number of the word in slot 0.
    const FIRST: u16 = 5561;
    /// CRC16 is linear: which bits of a word's number are others where one bit of its slot is.
    const OTHERS: [u16; SLOT_BITS] =
        [3746, 15525, 5299, 620, 8488, 2704, 16099, 5303, 8989, 80, 2690, 13541, 1075, 580];
    let bits = OTHERS.iter().enumerate().filter(|(bit, _)| slot >> bit & 1 == 1);
    let number = bits.fold(FIRST, |number, (_, others)| number ^ others);
    let [first, second, third] = [number >> 10, number >> 5, number].map(|bits| (bits & 31) as u8);
    let letter = |bits: u8| {
        let upper = b'H' + (bits & 15);
        char::from(if bits & 16 == 0 { upper } else { upper.to_ascii_lowercase() })
    };
    [first, second, third].map(letter).iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn shards(count: u16) -> Shards {
        Shards::new(NonZeroU16::new(count).unwrap()).unwrap()
    }

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        assert_eq!(slot("123456789"), 0x31c3 % SLOTS);
        assert_eq!(slot("foo"), 12182);
        assert_eq!(slot(""), 0);
    }

    #[test]
    fn each_slot_has_a_word_of_its_own() {
        let words: HashSet<_> = (0..SLOTS)
            .map(|number| {
                let word = word(number);
                assert_eq!(slot(&word), number, "{word}");
                assert!(
                    word.chars().all(|c| ('H'..='W').contains(&c.to_ascii_uppercase())),
                    "{word}"
                );
                assert!(word.starts_with(|c: char| c.is_ascii_uppercase()), "{word}");
                word
            })
            .collect();
        assert_eq!(words.len(), usize::from(SLOTS));
    }

    #[test]
    fn a_part_is_that_of_the_first_segment() {
        let shards = shards(12);
        for path in ["/docs", "/docs/", "/docs/a", "/docs/b/c"] {
            assert_eq!(shards.part_of(path), Part(scaled(slot("docs"), 12, SLOTS)), "{path}");
        }
        assert_eq!(shards.part_of("//x"), Part(0));
        for (prefix, known) in
            [("/", false), ("/docs", false), ("/docs/", true), ("/docs/a", true), ("//", true)]
        {
            assert_eq!(shards.part_below(prefix).is_some(), known, "{prefix}");
        }
    }

    #[test]
    fn one_part_holds_everything() {
        let one = shards(1);
        assert_eq!(one.part_below("/"), Some(Part::FIRST));
        assert_eq!(one.part_of("/docs/a"), Part::FIRST);
    }

    #[test]
    fn the_parts_of_equal_ranges_of_slots_are_equally_many() {
        for count in [1, 3, 12, 48, limits::MAX_SHARDS] {
            let shards = shards(count);
            let tags: Vec<_> = shards.parts().map(|part| slot(&shards.tag(part))).collect();
            assert!(tags.is_sorted(), "{count}");
            for nodes in [1, 3, 4].into_iter().filter(|nodes| count % nodes == 0) {
                for node in 0..nodes {
                    let range = scaled(node, SLOTS, nodes)..scaled(node + 1, SLOTS, nodes);
                    let there = tags.iter().filter(|slot| range.contains(slot)).count();
                    assert_eq!(there, usize::from(count / nodes), "{count} parts, {nodes} nodes");
                }
            }
        }
    }

    #[test]
    fn equal_ranges_of_slots_begin_with_these_parts() {
        let shares = |parts, ranges| shards(parts).shares(ranges).collect::<Vec<_>>();
        assert_eq!(shares(12, 3), [(0, Part(0)), (1, Part(4)), (2, Part(8))]);
        assert_eq!(shares(12, 5).len(), 5);
        assert_eq!(shares(2, 4), [(1, Part(0)), (3, Part(1))]);
        assert_eq!(shares(12, 0), []);
    }

    #[test]
    fn a_segment_lies_near_its_part() {
        let shards = shards(12);
        for segment in ["docs", "team-a", "2024", "x"] {
            let part = shards.part_of(&format!("/{segment}"));
            let tag = slot(&shards.tag(part));
            assert!(slot(segment).abs_diff(tag) <= SLOTS / 24 + 1, "{segment}");
        }
    }
}
