//! A request's query, as forms and URL libraries write it.

use std::borrow::Cow;

use super::problem::Problem;

/// The values of the parameters called `names`, in that order; one that isn't there is `None`. Any
/// other parameter, and one that comes twice, is the client's mistake.
pub fn parameters<'a, const N: usize>(
    query: Option<&'a str>,
    names: [&str; N],
) -> Result<[Option<Cow<'a, str>>; N], Problem> {
    let mut values = [const { None }; N];
    read(query, &names, &mut values)?;
    Ok(values)
}

/// Puts the values of the parameters in their places.
fn read<'a>(
    query: Option<&'a str>,
    names: &[&str],
    values: &mut [Option<Cow<'a, str>>],
) -> Result<(), Problem> {
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let known = names.iter().zip(&mut *values).find(|(known, _)| **known == name);
        let Some((_, slot)) = known else {
            return Err(invalid(&name, "is not known here"));
        };
        if slot.replace(value).is_some() {
            return Err(invalid(&name, "is there more than once"));
        }
    }
    Ok(())
}

/// The address of a service path with these parameters.
#[must_use]
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("{path}?{}", query.extend_pairs(parameters).finish())
}

/// The value of the parameter called `name`, if it is there once.
#[must_use]
pub fn only<'a>(query: Option<&'a str>, name: &str) -> Option<Cow<'a, str>> {
    let mut only = None;
    for (other, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if other == name && only.replace(value).is_some() {
            return None;
        }
    }
    only
}

/// The problem with a parameter.
#[must_use]
pub fn invalid(name: &str, why: &str) -> Problem {
    const SHOWN: usize = 64;
    let name: String = name.chars().take(SHOWN).collect();
    Problem::InvalidQuery(format!("The query parameter `{name}` {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let parse = |query| parameters(Some(query), ["a", "b"]);
        assert_eq!(parse("b=%2Fx+y&a=").unwrap(), [Some("".into()), Some("/x y".into())]);
        assert_eq!(parse("").unwrap(), [None, None]);
        assert_eq!(parameters(None, ["a"]).unwrap(), [None]);
    }

    #[test]
    fn one_parameter_is_found_among_others() {
        let only = |query| only(Some(query), "a");
        assert_eq!(only("b=1&a=%2Fx+y&c"), Some("/x y".into()));
        for query in ["", "b=1", "A=1", "a=1&a=1"] {
            assert_eq!(only(query), None, "{query}");
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        for (query, name) in [("a=1&c=2", "`c`"), ("a=1&a=1", "`a`"), ("A=1", "`A`")] {
            let Err(Problem::InvalidQuery(detail)) = parameters(Some(query), ["a"]) else {
                panic!("{query}");
            };
            assert!(detail.contains(name), "{detail}");
        }
    }
}
