//! Listings that merge the parts, held against a model.

use std::collections::BTreeMap;

use fastrand::Rng;
use harness::{Host, Response, setting};
use serde_json::Value;

use crate::common::{Store, in_query};

const RECORDS: usize = 250;
/// Of each number of parts.
const LISTINGS: usize = 25;

/// So many pages at the most for what there is.
const PAGES: usize = 12;

/// What is stored, by path: the number in each record, which tells them apart.
type Model = BTreeMap<String, u64>;

/// An entry of a listing: a record with its number, where values are shown, or a folded prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Record(String, Option<u64>),
    Prefix(String),
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Self::Record(name, _) | Self::Prefix(name) => name,
        }
    }
}

/// What is asked for.
#[derive(Debug)]
struct Listing {
    prefix: String,
    after: Option<String>,
    limit: usize,
    folds: bool,
    values: bool,
}

/// A path of few words, so that many have beginnings in common.
fn path(rng: &mut Rng) -> String {
    const WORDS: [&str; 10] = ["", "a", "ab", "b", "a-", "docs", "%C3%A9", "%7Bx%7D", "~", "A"];
    let words: Vec<_> = (0..rng.usize(1..=3)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect();
    format!("/{}", words.join("/"))
}

/// A record's path; the first segments of most are spread over all parts.
fn record_path(rng: &mut Rng) -> String {
    match rng.u8(..4) {
        0 => path(rng),
        _ => format!("/{}{}{}", rng.alphabetic(), rng.u8(..4), path(rng)),
    }
}

impl Listing {
    fn any(rng: &mut Rng, model: &Model) -> Self {
        let known = |rng: &mut Rng| {
            let path = rng.choice(model.keys()).expect("there are records").clone();
            let cuts: Vec<usize> = (1..=path.len()).collect();
            // In the middle of an encoded character it is no beginning of any path that can be written.
            let cut = path[..*rng.choice(&cuts).expect("a place")].to_owned();
            if cut.contains('%') { "/".to_owned() } else { cut }
        };
        let prefix = if rng.bool() { "/".to_owned() } else { known(rng) };
        let begins = |path: &&String| path.starts_with(&prefix);
        let after = rng
            .choice(&model.keys().filter(begins).collect::<Vec<_>>())
            .map(|path| (*path).clone());
        Self {
            after: after.filter(|_| rng.u8(..3) == 0),
            limit: 1,
            folds: rng.bool(),
            values: rng.bool(),
            prefix,
        }
        .in_pages(rng, model)
    }

    /// With a limit that isn't too small.
    fn in_pages(mut self, rng: &mut Rng, model: &Model) -> Self {
        let least = self.expected(model).len().div_ceil(PAGES);
        self.limit = match rng.u8(..4) {
            0 => 1000,
            _ => least.max(1) + rng.usize(..least + 3),
        };
        self
    }

    fn target(&self) -> String {
        let after = self.after.as_deref().map(in_query);
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let folds = if self.folds { "&delimiter=/" } else { "" };
        let (prefix, limit, values) = (in_query(&self.prefix), self.limit, self.values);
        format!("/-/records?prefix={prefix}&limit={limit}{after}{folds}&values={values}")
    }

    /// What it has to show.
    fn expected(&self, model: &Model) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (path, number) in model {
            let is_behind = self.after.as_ref().is_none_or(|after| path > after);
            let Some(rest) = path.strip_prefix(&self.prefix).filter(|_| is_behind) else {
                continue;
            };
            let fold = rest.split_once('/').filter(|(_, below)| self.folds && !below.is_empty());
            let entry = match fold {
                Some((name, _)) => Entry::Prefix(format!("{}{name}/", self.prefix)),
                None => Entry::Record(path.clone(), self.values.then_some(*number)),
            };
            if entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
        entries
    }
}

fn record(entry: &Value) -> Entry {
    let path = entry["path"].as_str().unwrap_or_else(|| panic!("no path: {entry}"));
    assert!(entry["etag"].is_string() && entry["last_updated"].is_u64(), "{entry}");
    Entry::Record(path.to_owned(), entry["value"]["n"].as_u64())
}

/// The entries of a page, in one order, and where the next one is.
fn json(page: &Response) -> (Vec<Entry>, Option<String>) {
    let json = page.expect(200).json();
    let list = |name: &str| json[name].as_array().expect("a list").clone();
    let prefix = |prefix: Value| Entry::Prefix(prefix.as_str().expect("a prefix").to_owned());
    let mut entries: Vec<_> = list("records").iter().map(record).collect();
    assert!(entries.is_sorted(), "in byte order: {page}");
    let prefixes: Vec<_> = list("prefixes").into_iter().map(prefix).collect();
    assert!(prefixes.is_sorted(), "in byte order: {page}");
    entries.extend(prefixes);
    entries.sort_by(|a, b| a.name().cmp(b.name()));
    let next = json["next"].as_str().map(str::to_owned);
    assert_eq!(page.header("link").is_some(), next.is_some(), "{page}");
    (entries, next)
}

/// The same of a page of lines.
fn lines(page: &Response) -> (Vec<Entry>, Option<String>) {
    assert_eq!(page.expect(200).required("content-type"), "application/x-ndjson");
    let entry = |line: &str| {
        let entry: Value = serde_json::from_str(line).expect("JSON");
        match entry["prefix"].as_str() {
            Some(prefix) => Entry::Prefix(prefix.to_owned()),
            None => record(&entry),
        }
    };
    let next = page.header("link").map(|link| {
        let next = link.strip_prefix('<').and_then(|link| link.split_once('>'));
        next.expect("a link").0.to_owned()
    });
    (page.text().lines().map(entry).collect(), next)
}

/// All entries, page by page; each but the last is full.
fn all(host: &Host, listing: &Listing, as_lines: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut next = Some(listing.target());
    while let Some(target) = next {
        let request = host.get(&target);
        let (page, more) = if as_lines {
            lines(&request.header("Accept", "application/x-ndjson").send())
        } else {
            json(&request.send())
        };
        let is_full = page.len() == listing.limit;
        assert!(is_full || more.is_none() && page.len() < listing.limit, "{listing:?}: {page:?}");
        entries.extend(page);
        assert!(entries.len() <= 2 * RECORDS, "it ends: {listing:?}");
        next = more;
    }
    entries
}

#[test]
fn pages_of_all_parts_are_those_of_one_store_in_byte_order() {
    let seed = setting("SEED", 0x6d65_7267);
    let mut rng = Rng::with_seed(seed);
    for parts in [2, 12, 100] {
        let store = Store::with(parts, &[]);
        let mut model = Model::new();
        let mut lines = Vec::new();
        while model.len() < RECORDS {
            let path = record_path(&mut rng);
            let number = model.len() as u64;
            if path == "/" || model.contains_key(&path) {
                continue;
            }
            // Some have expired by the time they are looked for.
            let ttl = if rng.u8(..5) == 0 { 1 } else { 5000 };
            lines.push(format!(
                "{{\"path\":\"{path}\",\"value\":{{\"n\":{number}}},\"ttl\":{ttl}}}"
            ));
            model.insert(path, number);
        }
        let text = lines.join("\n");
        let import = store.host.request("POST", "/-/records").body("application/x-ndjson", &text);
        import.send().expect(200);
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let lasting = text.lines().filter(|line| line.contains("\"ttl\":5000")).map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["path"].as_str().expect("a path").to_owned()
        });
        let lasting: Vec<_> = lasting.collect();
        model.retain(|path, _| lasting.contains(path));
        for number in 0..LISTINGS {
            let listing = Listing::any(&mut rng, &model);
            let listed = all(&store.host, &listing, number % 3 == 0);
            assert_eq!(listed, listing.expected(&model), "{listing:?} of {parts} parts");
        }
    }
}

#[test]
fn a_page_ends_where_its_values_are_a_mebibyte_and_the_next_goes_on_there() {
    let store = Store::start();
    let large = "x".repeat(200_000);
    let paths: Vec<_> = (0..20).map(|number| format!("/large-{number:02}/a")).collect();
    for (number, path) in paths.iter().enumerate() {
        store.host.put(path, &format!(r#"{{"n":{number},"x":"{large}"}}"#)).send().expect(201);
    }
    let mut listed = Vec::new();
    let mut pages = 0;
    let mut next = Some("/-/records?values=true&limit=1000".to_owned());
    while let Some(target) = next {
        let page = store.host.get(&target).send();
        assert!(page.text().len() < 2 << 20, "{} bytes", page.text().len());
        let (entries, more) = json(&page);
        assert!(!entries.is_empty());
        listed.extend(entries);
        next = more;
        pages += 1;
        assert!(pages <= paths.len(), "it ends");
    }
    let expected = paths.iter().zip(0..).map(|(path, n)| Entry::Record(path.clone(), Some(n)));
    assert_eq!(listed, expected.collect::<Vec<_>>());
    assert!((4..=5).contains(&pages), "{pages} pages of 1 MiB for 4 MB");
}

#[test]
fn a_listing_of_no_record_has_an_empty_page() {
    let store = Store::start();
    let page = store.host.get("/-/records").send();
    let empty = serde_json::json!({"records": [], "prefixes": [], "next": null});
    assert_eq!(page.expect(200).json(), empty);
}

#[test]
fn records_that_stay_are_listed_once_while_others_come_and_go_in_all_parts() {
    let store = Store::start();
    let stay: Vec<_> = (0..60).map(|number| format!("/stay-{number:02}")).collect();
    for path in &stay {
        store.host.put(path, "{}").send().expect(201);
    }
    let mut listed = Vec::new();
    let mut next = Some("/-/records?limit=7".to_owned());
    let mut round = 0;
    while let Some(target) = next {
        let (page, more) = json(&store.host.get(&target).send());
        let mut last = None;
        for entry in page {
            if stay.iter().any(|path| path == entry.name()) {
                listed.push(entry.name().to_owned());
            }
            last = Some(entry.name().to_owned());
        }
        for number in 0..5 {
            store.host.put(&format!("/stay-{number:02}-{round}"), "{}").send().expect(201);
            store.host.put(&format!("/stay-{:02}-{round}", 59 - number), "{}").send().expect(201);
        }
        // The one that the next page goes on after is gone, if it may go.
        if let Some(gone) = last.filter(|path| !stay.contains(path)) {
            store.host.delete(&gone).send().expect(204);
        }
        round += 1;
        next = if round < 60 { more } else { panic!("it ends") };
    }
    assert_eq!(listed, stay);
}
