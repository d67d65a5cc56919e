//! Which representation a client prefers (RFC 9110, 12.5.1).

use http::{HeaderMap, header};

/// The one of `offered` (media types in lower case, the default first) that the request prefers.
/// With no preference, and also if it wants none of them, the default: an answer in another form is
/// more use than a 406.
#[must_use]
pub fn preferred(headers: &HeaderMap, offered: &[&'static str]) -> &'static str {
    let ranges: Vec<Range> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .filter_map(Range::parse)
        .collect();
    let default = offered.first().copied().unwrap_or_default();
    let mut best = (default, 0);
    for media_type in offered {
        let quality = quality(&ranges, media_type);
        if quality > best.1 {
            best = (media_type, quality);
        }
    }
    best.0
}

/// What the most specific range that names the type gives it, in thousandths.
fn quality(ranges: &[Range], media_type: &str) -> u32 {
    let matching = ranges.iter().filter_map(|range| Some((range.specificity(media_type)?, range)));
    matching.max_by_key(|(specificity, _)| *specificity).map_or(0, |(_, range)| range.quality)
}

/// A media range and its weight.
struct Range {
    range: String,
    quality: u32,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let range = parts.next()?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let quality = weight.map_or(Some(1000), thousandths)?;
        Some(Self { range, quality })
    }

    /// How exactly this range names a type: 0 as any, 1 by its kind, 2 by name; `None`: not at all.
    fn specificity(&self, media_type: &str) -> Option<u8> {
        let kind = media_type.split('/').next().unwrap_or_default();
        if self.range == media_type {
            Some(2)
        } else if self.range.strip_suffix("/*") == Some(kind) {
            Some(1)
        } else {
            (self.range == "*/*").then_some(0)
        }
    }
}

/// A weight (RFC 9110, 12.4.2): 0 to 1 with three decimals at the most.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !matches!(whole, "0" | "1") {
        return None;
    }
    let digits = format!("{whole}{decimals:0<3}");
    digits.parse().ok().filter(|quality| *quality <= 1000)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_most_wanted_offer_is_preferred() {
        const OFFERED: [&str; 3] = ["text/plain", "application/json", "text/html"];
        for (accept, wanted) in [
            ("*/*", "text/plain"),
            ("", "text/plain"),
            ("image/png", "text/plain"),
            ("application/json", "application/json"),
            ("Application/JSON;charset=utf-8", "application/json"),
            ("application/*", "application/json"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
            ("text/plain;q=0.5, application/json;q=0.7", "application/json"),
            ("*/*, text/plain;q=0", "application/json"),
            ("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "text/html"),
            ("application/json;q=2", "text/plain"),
            ("application/json, text/plain", "text/plain"),
        ] {
            let field = (header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(preferred(&HeaderMap::from_iter([field]), &OFFERED), wanted, "{accept}");
        }
        assert_eq!(preferred(&HeaderMap::new(), &OFFERED), "text/plain");
    }
}
