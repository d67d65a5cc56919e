//! The console's files: a page at the base URL for browsers, and what it loads from `/-/console/`, both
//! without indents and comments (src/build/main.rs).
//! They hold nothing of the records: the page reads those as any client does, with the same tokens.

/// The page.
pub const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/console/index.html"));

/// A file that the page loads.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// What its path ends with.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub content: &'static str,
}

/// A file beside this one, with the media type that its name stands for.
macro_rules! file {
    ($name:literal, $media_type:ident) => {
        File {
            name: $name,
            media_type: $media_type,
            content: include_str!(concat!(env!("OUT_DIR"), "/console/", $name)),
        }
    };
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

static FILES: [File; 17] = [
    file!("style.css", STYLE),
    file!("api.js", SCRIPT),
    file!("app.js", SCRIPT),
    file!("conflict.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("editor.js", SCRIPT),
    file!("feed.js", SCRIPT),
    file!("folder.js", SCRIPT),
    file!("import.js", SCRIPT),
    file!("json.js", SCRIPT),
    file!("path.js", SCRIPT),
    file!("pulse.js", SCRIPT),
    file!("record.js", SCRIPT),
    file!("time.js", SCRIPT),
    file!("token.js", SCRIPT),
    file!("transfer.js", SCRIPT),
    file!("tree.js", SCRIPT),
];

/// The file of this name.
#[must_use]
pub fn file(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in quotes behind `before`, wherever that is in the text.
    fn quoted_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
        let pieces = text.split(before).skip(1);
        pieces.filter_map(|piece| piece.split('"').next()).collect()
    }

    #[test]
    fn everything_that_the_page_names_is_there() {
        let mut named = quoted_after(PAGE, "\"/-/console/");
        assert_eq!(named.len(), 2);
        for file in &FILES {
            named.extend(quoted_after(file.content, "\"./"));
        }
        for file in &FILES {
            assert!(named.contains(&file.name), "nothing loads {}", file.name);
        }
        for name in named {
            assert!(file(name).is_some(), "{name} is not there");
        }
    }

    #[test]
    fn the_whole_is_small() {
        let files: usize = FILES.iter().map(|file| file.content.len()).sum();
        assert!(PAGE.len() + files < 62 * 1024);
    }
}
