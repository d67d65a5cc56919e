//! One page out of the pages of several parts.

use super::{ListedRecord, Listing, ListingPosition, listing::first};
use crate::record::limits;

/// A page of all parts, to which the pages of each are added. (Folded paths go on below a first segment, and so are
/// all in one part.)
#[derive(Debug)]
pub struct Merged {
    page: Listing,
    room: Room,
    /// What is there behind the page, in order, as far as it was read and there may be room for it.
    entries: Vec<Placed>,
    /// How far all parts were read; `None`: to their ends.
    read: Option<ListingPosition>,
}

/// What a page has room for.
#[derive(Debug)]
struct Room {
    entries: usize,
    bytes: usize,
}

/// An entry, and the position behind it.
type Placed = (ListingPosition, Entry);

#[derive(Debug)]
enum Entry {
    Record(ListedRecord),
    Prefix(String),
}

impl Entry {
    fn of_record(record: ListedRecord) -> Placed {
        (ListingPosition::behind_record(&record), Self::Record(record))
    }

    fn of_prefix(prefix: String) -> Placed {
        (ListingPosition::behind_prefix(&prefix), Self::Prefix(prefix))
    }

    /// How many bytes of members it has.
    fn size(&self) -> usize {
        match self {
            Self::Record(ListedRecord { members: Some(members), .. }) => members.size(),
            _ => 0,
        }
    }
}

impl Merged {
    /// A page that has so many entries at the most, as each part's page has.
    pub fn new(limit: u32) -> Self {
        let entries = usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            page: Listing { records: Vec::new(), prefixes: Vec::new(), next: None },
            room: Room { entries, bytes: limits::MAX_PAGE_BYTES },
            entries: Vec::new(),
            read: None,
        }
    }

    /// Adds a part's page.
    pub fn add(&mut self, page: Listing) {
        self.read = first(self.read.take(), page.next);
        let records = page.records.into_iter().map(Entry::of_record).collect();
        let prefixes = page.prefixes.into_iter().map(Entry::of_prefix).collect();
        self.entries = in_order(std::mem::take(&mut self.entries), in_order(records, prefixes));
        // One more tells that there is more.
        self.entries.truncate(self.room.entries.saturating_add(1));
    }

    /// Takes what all parts were read for into the page; if it has room for more then, and there is more, gives where
    /// the parts are to be read on.
    pub fn goes_on(&mut self) -> Option<ListingPosition> {
        let read = self.read.take();
        for (position, entry) in std::mem::take(&mut self.entries) {
            if read.as_ref().is_some_and(|read| position > *read) {
                break;
            }
            let is_first = self.page.records.is_empty() && self.page.prefixes.is_empty();
            if self.room.entries == 0 || entry.size() > self.room.bytes && !is_first {
                // The page ends where it is.
                return None;
            }
            self.room.entries -= 1;
            self.room.bytes = self.room.bytes.saturating_sub(entry.size());
            self.page.next = Some(position);
            match entry {
                Entry::Record(record) => self.page.records.push(record),
                Entry::Prefix(prefix) => self.page.prefixes.push(prefix),
            }
        }
        self.page.next = read;
        self.page.next.clone().filter(|_| self.room.entries > 0)
    }

    /// The page.
    pub fn finish(self) -> Listing {
        self.page
    }
}

/// Two lists that are in order, as one.
fn in_order(one: Vec<Placed>, other: Vec<Placed>) -> Vec<Placed> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    loop {
        let next = match (one.peek(), other.peek()) {
            (Some(first), Some(second)) if second.0 < first.0 => other.next(),
            (Some(_), _) => one.next(),
            (None, _) => other.next(),
        };
        let Some(next) = next else { return all };
        all.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ETag, Members};

    fn position(text: &str) -> ListingPosition {
        ListingPosition::parse(text).unwrap()
    }

    fn page(paths: &[&str], prefixes: &[&str], next: Option<ListingPosition>) -> Listing {
        let record = |path: &&str| ListedRecord {
            path: (*path).to_owned(),
            ttl: None,
            last_updated: None,
            etag: ETag::from_store("e"),
            members: None,
        };
        let prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        Listing { records: paths.iter().map(record).collect(), prefixes, next }
    }

    fn merged(limit: u32, pages: impl IntoIterator<Item = Listing>) -> Listing {
        let mut merged = Merged::new(limit);
        pages.into_iter().for_each(|page| merged.add(page));
        merged.goes_on();
        merged.finish()
    }

    #[test]
    fn pages_are_merged_in_order_and_the_last_one_has_no_next() {
        let all = merged(5, [page(&["/a", "/d"], &[], None), page(&["/c"], &["/b/"], None)]);
        assert_eq!(all, page(&["/a", "/c", "/d"], &["/b/"], None));
    }

    #[test]
    fn a_page_ends_with_its_last_entry_where_there_are_more() {
        let parts = || [page(&["/a", "/d"], &[], None), page(&["/c"], &["/b/"], None)];
        assert_eq!(merged(3, parts()), page(&["/a", "/c"], &["/b/"], Some(position("/c"))));
        assert_eq!(merged(2, parts()), page(&["/a"], &["/b/"], Some(position("/b/\u{7f}"))));
        assert_eq!(merged(4, parts()).next, None);
    }

    #[test]
    fn a_page_goes_no_further_than_all_parts_were_read() {
        let parts =
            [page(&["/a", "/b"], &[], Some(position("/b"))), page(&["/c", "/d"], &[], None)];
        assert_eq!(merged(4, parts), page(&["/a", "/b"], &[], Some(position("/b"))));
        // One has met nothing but what is gone.
        let parts =
            [page(&[], &[], Some(position("/b"))), page(&["/c", "/d"], &[], Some(position("/d")))];
        assert_eq!(merged(2, parts), page(&[], &[], Some(position("/b"))));
        // One entry more than there is room for, behind where one part ends.
        let parts = [
            page(&["/a"], &[], Some(position("/a"))),
            page(&["/c", "/d"], &[], Some(position("/d"))),
        ];
        assert_eq!(merged(2, parts), page(&["/a"], &[], Some(position("/a"))));
    }

    fn large(path: &str, bytes: usize) -> Listing {
        let text = format!("\"{}\"", "x".repeat(bytes));
        let members = Members::from_pairs(vec![("a".into(), text.into())]).unwrap();
        let mut one = page(&[path], &[], Some(position(path)));
        one.records[0].members = Some(members);
        one
    }

    fn paths(page: &Listing) -> Vec<&str> {
        page.records.iter().map(|record| record.path.as_str()).collect()
    }

    #[test]
    fn a_page_with_room_goes_on_where_all_parts_were_read() {
        let mut merged = Merged::new(3);
        merged.add(large("/a", 10));
        merged.add(large("/b", 10));
        assert_eq!(merged.goes_on(), Some(position("/a")));
        merged.add(large("/b", 10));
        merged.add(page(&["/c", "/d"], &[], None));
        assert_eq!(merged.goes_on(), Some(position("/b")));
        merged.add(page(&["/c", "/d"], &[], None));
        assert_eq!(merged.goes_on(), None);
        let all = merged.finish();
        assert_eq!((paths(&all), &all.next), (vec!["/a", "/b", "/c"], &Some(position("/c"))));
    }

    #[test]
    fn a_page_has_a_mebibyte_of_values_or_one_record() {
        let mut merged = Merged::new(3);
        merged.add(large("/a", 2 << 20));
        assert_eq!(merged.goes_on(), Some(position("/a")));
        merged.add(large("/b", 1));
        assert_eq!(merged.goes_on(), None);
        let one = merged.finish();
        assert_eq!((paths(&one), &one.next), (vec!["/a"], &Some(position("/a"))));
        let mut merged = Merged::new(3);
        for path in ["/a", "/b", "/c"] {
            merged.add(Listing { next: None, ..large(path, 400 << 10) });
        }
        assert_eq!(merged.goes_on(), None);
        let two = merged.finish();
        assert_eq!((paths(&two), &two.next), (vec!["/a", "/b"], &Some(position("/b"))));
    }
}
