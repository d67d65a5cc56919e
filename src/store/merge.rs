//! One page out of the pages of several parts.

use super::{ListedRecord, Listing, ListingPosition, listing::first};
use crate::record::limits;

/// A page of all parts, to which the pages of each are added. (Folded paths go on below a first segment, and so are
/// all in one part.)
#[derive(Debug)]
pub struct Merged {
    entries: Vec<(ListingPosition, Entry)>,
    limit: usize,
    /// How far all parts were read; `None`: to their ends.
    read: Option<ListingPosition>,
    /// Whether there are more entries than a page has.
    more: bool,
}

#[derive(Debug)]
enum Entry {
    Record(ListedRecord),
    Prefix(String),
}

impl Merged {
    /// A page that has so many entries at the most, each part's page too.
    pub fn new(limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { entries: Vec::new(), limit, read: None, more: false }
    }

    /// Adds a part's page.
    pub fn add(&mut self, page: Listing) {
        self.read = first(self.read.take(), page.next);
        let records = page
            .records
            .into_iter()
            .map(|record| (ListingPosition::behind_record(&record), Entry::Record(record)));
        let prefixes = page
            .prefixes
            .into_iter()
            .map(|prefix| (ListingPosition::behind_prefix(&prefix), Entry::Prefix(prefix)));
        self.entries.extend(records.chain(prefixes));
        self.entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.more |= self.entries.len() > self.limit;
        self.entries.truncate(self.limit);
    }

    /// The page: what comes first of all parts, as far as all were read and as it has room.
    pub fn finish(self) -> Listing {
        let Self { entries, read, mut more, .. } = self;
        let mut page = Listing { records: Vec::new(), prefixes: Vec::new(), next: None };
        let (mut room, mut last) = (limits::MAX_PAGE_BYTES, None);
        for (position, entry) in entries {
            if read.as_ref().is_some_and(|read| position > *read) {
                // What was left out before comes behind this.
                more = false;
                break;
            }
            let size = match &entry {
                Entry::Record(ListedRecord { members: Some(members), .. }) => members.size(),
                _ => 0,
            };
            if size > room && last.is_some() {
                more = true;
                break;
            }
            room = room.saturating_sub(size);
            last = Some(position);
            match entry {
                Entry::Record(record) => page.records.push(record),
                Entry::Prefix(prefix) => page.prefixes.push(prefix),
            }
        }
        page.next = if more { last } else { read };
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ETag;

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
}
