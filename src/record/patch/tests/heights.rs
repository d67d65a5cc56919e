//! How deep a value nests is known whatever has been done to it.

use proptest::prelude::*;

use super::super::{
    guide::Guide,
    pointer::Pointer,
    reader::Reader,
    tree::{Edit, Node},
    work::Work,
};

fn any_json() -> impl Strategy<Value = String> {
    Just("0".to_owned()).prop_recursive(5, 20, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((0..3_u8, inner), 0..4).prop_map(|members| {
                let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn heights_are_kept(
        json in any_json(),
        edits in prop::collection::vec((0..5_u8, "(/[0-2]){1,4}", any_json()), 0..30),
    ) {
        let strings: Vec<_> = edits.iter().map(|(_, pointer, _)| format!("\"{pointer}\"")).collect();
        let pointers: Vec<_> =
            strings.iter().map(|string| Pointer::parse(string).unwrap()).collect();
        let mut work = Work::allowed_for(usize::MAX);
        let mut root = Node::text(&json);
        for ((kind, _, value), pointer) in edits.iter().zip(&pointers) {
            let tokens = pointer.tokens();
            let edit = match kind {
                0 => Some(Edit::Add(Node::text(value))),
                1 => Some(Edit::Replace(Node::text(value))),
                2 => Some(Edit::Take),
                3 => {
                    if let Some(node) = root.find(tokens, &mut work).unwrap() {
                        node.open(Guide::Everywhere, &mut work).unwrap();
                    }
                    None
                }
                // What others have moved is put in with its height known, and its parts taken apart.
                _ => root.find(tokens, &mut work).unwrap().map(|node| Edit::Add(node.copy())),
            };
            if let Some(edit) = edit {
                let _ = root.edit(tokens, edit, &mut work);
            }
            let mut text = String::new();
            root.write(&mut text);
            let (_, height) = Reader::new(&text).value();
            prop_assert_eq!(root.height(&mut work).unwrap(), height, "{}", text);
        }
    }
}
