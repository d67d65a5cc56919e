//! Holds the sources to the map of rooms in lib.rs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{UseTree, visit::Visit};

type Uses = BTreeMap<String, BTreeSet<String>>;

/// The map: each room, and those that it uses.
fn mapped() -> Uses {
    let text = include_str!("lib.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | "));
    let names = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let room = |row: &str| {
        let mut cells = row.split('|');
        let room = names(cells.next()?).pop()?;
        Some((room, names(cells.nth(1)?).into_iter().collect()))
    };
    rows.filter_map(room).collect()
}

/// What the sources say: each room, and those that its files name.
fn found() -> Uses {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut uses = Uses::new();
    for file in files(&source) {
        let inside = file.strip_prefix(&source).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if !["lib", "build", "rooms"].contains(&room) {
            // How often `super` may stand in the file without leaving the room.
            let depth = inside.with_extension("").iter().filter(|part| *part != "mod").count() - 1;
            let mut named = Named { rooms: BTreeSet::new(), depth };
            named.visit_file(&syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap());
            named.rooms.remove(room);
            uses.entry(room.to_owned()).or_default().extend(named.rooms);
        }
    }
    uses
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The rooms that a file names: what follows `crate`.
struct Named {
    rooms: BTreeSet<String>,
    depth: usize,
}

impl Visit<'_> for Named {
    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        // Tests may look around.
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
        };
        if !module.attrs.iter().any(is_test) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        let mut tree = &item.tree;
        let mut supers = 0;
        while let UseTree::Path(path) = tree
            && path.ident == "super"
        {
            supers += 1;
            tree = &path.tree;
        }
        assert!(supers <= self.depth, "a path that leaves its room by `super`");
        if let UseTree::Path(path) = tree
            && path.ident == "crate"
        {
            self.first_names(&path.tree);
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|segment| segment.ident == "crate")
            && let Some(room) = segments.next()
        {
            self.rooms.insert(room.ident.to_string());
        }
        syn::visit::visit_path(self, path);
    }
}

impl Named {
    fn first_names(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                self.rooms.insert(path.ident.to_string());
            }
            UseTree::Name(name) => {
                self.rooms.insert(name.ident.to_string());
            }
            UseTree::Rename(rename) => {
                self.rooms.insert(rename.ident.to_string());
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.first_names(item)),
            UseTree::Glob(_) => panic!("`use crate::*` names no room"),
        }
    }
}

#[test]
fn the_map_is_what_the_sources_say() {
    assert_eq!(mapped(), found());
}

#[test]
fn no_room_is_used_by_what_it_uses() {
    let map = found();
    let mut reached = map.clone();
    // As often as there are rooms, so that every way has been gone to its end.
    for _ in 0..map.len() {
        for (room, uses) in &map {
            let further: Vec<String> =
                uses.iter().flat_map(|used| reached[used].iter().cloned()).collect();
            reached.get_mut(room).unwrap().extend(further);
        }
    }
    for (room, reached) in reached {
        assert!(!reached.contains(&room), "`{room}` can be reached from itself");
    }
}
