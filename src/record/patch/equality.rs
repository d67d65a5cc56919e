//! Whether two values are equal, as RFC 6902 section 4.6 has it.

use super::{
    Refusal, guide::Guide, name::decoded, number::Decimal, object::Object, tree::Node, work::Work,
};

/// Whether a value of the record is equal to one of the patch, which is used up: numbers by what they are
/// worth, strings by their characters, objects whatever their members' order.
pub fn equal(
    value: &mut Node<'_>,
    expected: &mut Node<'_>,
    work: &mut Work,
) -> Result<bool, Refusal> {
    if let (Some(value), Some(expected)) = (value.source(), expected.source())
        && value == expected
    {
        work.take(expected.len())?;
        return Ok(true);
    }
    taken_apart_equal(value, expected, work)
}

fn taken_apart_equal(
    value: &mut Node<'_>,
    expected: &mut Node<'_>,
    work: &mut Work,
) -> Result<bool, Refusal> {
    if value.bracket() != expected.bracket() {
        return Ok(false);
    }
    value.open(Guide::Everywhere, work)?;
    expected.open(Guide::Everywhere, work)?;
    match (value, expected) {
        (Node::Text { json: value, .. }, Node::Text { json: expected, .. }) => {
            work.take(value.len() + expected.len())?;
            Ok(scalars_are_equal(value, expected))
        }
        (Node::Array(value), Node::Array(expected)) => {
            if value.len() != expected.len() {
                return Ok(false);
            }
            work.take(value.len())?;
            for (value, expected) in value.iter_mut().zip(expected.iter_mut()) {
                if !taken_apart_equal(value, expected, work)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Node::Object(value), Node::Object(expected)) => objects_are_equal(value, expected, work),
        _ => Ok(false),
    }
}

fn objects_are_equal(
    value: &mut Object<'_>,
    expected: &mut Object<'_>,
    work: &mut Work,
) -> Result<bool, Refusal> {
    work.take(value.count() + expected.count())?;
    expected.settle();
    for (name, _) in value.iter() {
        if expected.get(name.characters()).is_none() {
            return Ok(false);
        }
    }
    for (name, expected) in expected.iter_mut() {
        let Some(value) = value.get_mut(name.characters(), work)? else {
            return Ok(false);
        };
        if !taken_apart_equal(value, expected, work)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn scalars_are_equal(a: &str, b: &str) -> bool {
    let is_string = |text: &str| text.starts_with('"');
    match (Decimal::parse(a), Decimal::parse(b)) {
        _ if a == b => true,
        (Some(a), Some(b)) => a == b,
        (None, None) if is_string(a) && is_string(b) => decoded(a) == decoded(b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_equal(a: &str, b: &str) -> bool {
        let mut work = Work::allowed_for(1000);
        equal(&mut Node::text(a), &mut Node::text(b), &mut work).unwrap()
    }

    #[test]
    fn equality_is_that_of_json_patch() {
        for (a, b) in [
            ("1", "1.0"),
            ("[1,{\"a\":2}]", "[ 1.0 , { \"a\" : 2e0 } ]"),
            (r#""\u0041""#, r#""A""#),
            ("null", "null"),
            (r#""\ud800""#, r#""\uD800""#),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"\u0061":1}"#),
            (r#"{"\ud800":1}"#, r#"{"\uD800":1.0}"#),
            (r#"{"a":0,"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1}"#, r#"{"a":0,"a":1.0}"#),
        ] {
            assert!(are_equal(a, b) && are_equal(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("1", "\"1\""),
            ("0", "false"),
            ("0", "null"),
            ("true", "false"),
            ("[1]", "[1,1]"),
            ("[1,2]", "[2,1]"),
            ("[]", "{}"),
            ("{\"a\":1}", "{\"b\":1}"),
            ("{\"a\":1}", "{\"a\":1,\"b\":1}"),
            (r#"{"a":1,"a":0}"#, r#"{"a":1}"#),
            ("\"null\"", "null"),
            (r#""\ud800""#, r#""\ud801""#),
            (r#"{"\ud800":1}"#, r#"{"\ud801":1}"#),
        ] {
            assert!(!are_equal(a, b) && !are_equal(b, a), "{a} {b}");
        }
    }
}
