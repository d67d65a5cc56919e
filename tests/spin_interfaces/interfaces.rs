//! Interfaces, and which of them may stand for which.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use wit_parser::PackageName;

/// What interfaces hold, functions and resources, by the interfaces' names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interfaces(pub BTreeMap<String, BTreeSet<String>>);

impl Interfaces {
    /// What one side asks for and the other doesn't have: interfaces, and functions of those that it
    /// has.
    pub fn missing_in(&self, other: &Self) -> Vec<String> {
        let mut missing = Vec::new();
        for (name, items) in &self.0 {
            match other.find(name) {
                None => missing.push(name.clone()),
                Some(found) => {
                    let lacking = items.difference(found);
                    missing.extend(lacking.map(|item| format!("{name}: {item}")));
                }
            }
        }
        missing
    }

    /// The interface that stands for the one of this name, as the engine finds it: that very version
    /// or else the latest one that is compatible with it, whether older or newer.
    fn find(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.0.get(name).or_else(|| {
            let (interface, version) = parse(name)?;
            let track = PackageName::version_compat_track(&version);
            let candidates = self.0.iter().filter_map(|(name, items)| {
                let (other, version) = parse(name)?;
                let same = other == interface;
                (same && PackageName::version_compat_track(&version) == track)
                    .then_some((version, items))
            });
            candidates.max_by(|one, other| one.0.cmp(&other.0)).map(|(_, items)| items)
        })
    }
}

/// `namespace:package/interface@version`
fn parse(name: &str) -> Option<(&str, Version)> {
    let (interface, version) = name.split_once('@')?;
    Some((interface, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces(list: &[(&str, &[&str])]) -> Interfaces {
        let items = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        Interfaces(list.iter().map(|(name, list)| ((*name).to_owned(), items(list))).collect())
    }

    fn stands_for(offered: &str, asked: &str) -> bool {
        let asked = interfaces(&[(asked, &["f"])]);
        asked.missing_in(&interfaces(&[(offered, &["f"])])).is_empty()
    }

    #[test]
    fn compatible_versions_stand_for_each_other_in_both_directions() {
        for (one, other) in [("a:b/c@0.2.3", "a:b/c@0.2.12"), ("a:b/c@1.0.0", "a:b/c@1.2.0")] {
            assert!(stands_for(one, other) && stands_for(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("a:b/c@0.2.0", "a:b/c@0.3.0"),
            ("a:b/c@1.0.0", "a:b/c@2.0.0"),
            ("a:b/c@0.0.1", "a:b/c@0.0.2"),
            ("a:b/c@1.0.0", "a:b/d@1.0.0"),
            ("a:b/c@1.0.0", "a:b/c"),
        ] {
            assert!(!stands_for(one, other) && !stands_for(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_release_candidate_stands_only_for_itself() {
        assert!(stands_for("a:b/c@0.3.0-rc.1", "a:b/c@0.3.0-rc.1"));
        for other in ["a:b/c@0.3.0-rc.2", "a:b/c@0.3.0", "a:b/c@0.3.1"] {
            assert!(!stands_for("a:b/c@0.3.0-rc.1", other), "{other}");
            assert!(!stands_for(other, "a:b/c@0.3.0-rc.1"), "{other}");
        }
    }

    #[test]
    fn the_very_version_comes_first_and_the_latest_one_next() {
        let asked = |version: &str| interfaces(&[(&format!("a:b/c@{version}"), &["f"])]);
        let offered =
            interfaces(&[("a:b/c@0.2.1", &[]), ("a:b/c@0.2.9", &[]), ("a:b/c@0.2.10", &["f"])]);
        assert_eq!(asked("0.2.1").missing_in(&offered), ["a:b/c@0.2.1: f"]);
        assert_eq!(asked("0.2.2").missing_in(&offered), [""; 0]);
    }
}
