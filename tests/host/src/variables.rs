//! Application variables: where their values come from, and the templates
//! that use them.

use std::collections::{BTreeMap, HashMap};
use std::env::VarError;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};

use crate::manifest::Variable;

/// A `--variable` option: one value, or a file with some.
#[derive(Clone, Debug)]
pub enum VariableSource {
    /// `name=value`
    Value(String, String),
    /// `name=@file`: the file's text is the value.
    File(String, PathBuf),
    /// `@file.toml`: a table of names and values.
    Table(PathBuf),
}

impl FromStr for VariableSource {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix('@') {
            let path = PathBuf::from(path);
            ensure!(
                path.extension().is_some_and(|extension| extension == "toml"),
                "a file of variables must end in .toml"
            );
            return Ok(Self::Table(path));
        }
        let (name, value) = text
            .split_once('=')
            .context("variables must be in the form 'name=value' or '@file.toml'")?;
        Ok(match value.strip_prefix('@') {
            Some(path) => Self::File(name.to_owned(), path.into()),
            None => Self::Value(name.to_owned(), value.to_owned()),
        })
    }
}

/// The values that the options give; of a repeated name the last one counts.
pub fn given(sources: &[VariableSource]) -> Result<HashMap<String, String>> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
    };
    let mut values = HashMap::new();
    for source in sources {
        match source {
            VariableSource::Value(name, value) => {
                values.insert(name.clone(), value.clone());
            }
            VariableSource::File(name, path) => {
                values.insert(name.clone(), read(path)?);
            }
            VariableSource::Table(path) => values.extend(
                toml::from_str::<HashMap<String, String>>(&read(path)?)
                    .with_context(|| format!("can't use {}", path.display()))?,
            ),
        }
    }
    Ok(values)
}

/// The variable `SPIN_VARIABLE_NAME` of the environment.
pub fn from_environment(name: &str) -> Result<Option<String>> {
    let key = format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase());
    match std::env::var(&key) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't use {key}")),
    }
}

/// The application's variables, each with its value.
#[derive(Debug)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Finds the value of every declared variable: a given one, or else one
    /// that `provider` knows, or else the default.
    pub fn resolve(
        declared: &BTreeMap<String, Variable>,
        given: &HashMap<String, String>,
        provider: impl Fn(&str) -> Result<Option<String>>,
    ) -> Result<Self> {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            check_name(name)
                .map_err(|reason| anyhow::anyhow!("invalid variable name: {reason}"))?;
            let value = match given.get(name) {
                Some(value) => Some(value.clone()),
                None => provider(name)?.or_else(|| variable.default.clone()),
            };
            match value {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None => missing.push(name),
            }
        }
        ensure!(missing.is_empty(), "no provider resolved required variable(s): {missing:?}");
        Ok(Self(values))
    }

    /// Replaces every `{{ name }}` in `template` by the variable's value.
    pub fn expand(&self, template: &str) -> Result<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((literal, expression)) = rest.split_once("{{") {
            let Some((name, after)) = expression.split_once("}}") else {
                bail!("invalid variable template: unmatched '{{{{' in template");
            };
            let name = name.trim();
            let value = self
                .0
                .get(name)
                .with_context(|| format!("invalid variable template: unknown variable {name:?}"))?;
            text.push_str(literal);
            text.push_str(value);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    /// Replaces the variables in every value of `templates`.
    pub fn expand_all(
        &self,
        templates: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>> {
        templates
            .iter()
            .map(|(name, template)| {
                check_name(name)
                    .map_err(|reason| anyhow::anyhow!("invalid variable name: {reason}"))?;
                let value = self
                    .expand(template)
                    .with_context(|| format!("can't resolve the component's variable {name:?}"))?;
                Ok((name.clone(), value))
            })
            .collect()
    }
}

/// Says what is wrong with a variable's name, if anything is.
pub fn check_name(name: &str) -> Result<(), String> {
    let reason = if name.is_empty() {
        "must not be empty"
    } else if name.chars().any(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')) {
        "only lower-case letters, digits and underscores are allowed"
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "must start with a letter"
    } else if name.ends_with('_') {
        "must end with a letter or digit"
    } else if name.contains("__") {
        "must not contain consecutive underscores"
    } else {
        return Ok(());
    };
    Err(format!("{name:?}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Variable> {
        toml::from_str("address = { default = \"a\" }\ntoken = { required = true }").unwrap()
    }

    fn resolve(given: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Variables> {
        let owned = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let environment = owned(environment);
        Variables::resolve(&declared(), &owned(given), |name| Ok(environment.get(name).cloned()))
    }

    #[test]
    fn an_option_wins_over_the_environment_and_that_over_the_default() {
        let value = |variables: Variables| variables.expand("{{ address }}").unwrap();
        let token = ("token", "t");
        assert_eq!(value(resolve(&[token], &[]).unwrap()), "a");
        assert_eq!(value(resolve(&[token], &[("address", "b")]).unwrap()), "b");
        assert_eq!(value(resolve(&[token, ("address", "c")], &[("address", "b")]).unwrap()), "c");
    }

    #[test]
    fn a_required_variable_needs_a_value() {
        let error = resolve(&[], &[]).unwrap_err().to_string();
        assert_eq!(error, "no provider resolved required variable(s): [\"token\"]");
    }

    #[test]
    fn templates_are_expanded() {
        let variables = resolve(&[("token", "{{ t }}")], &[]).unwrap();
        for (template, value) in [
            ("", ""),
            ("plain } text", "plain } text"),
            ("{{address}}", "a"),
            ("x-{{ address }}{{token}}-y", "x-a{{ t }}-y"),
        ] {
            assert_eq!(variables.expand(template).unwrap(), value);
        }
        for (template, message) in [
            ("{{ address", "unmatched '{{' in template"),
            ("{{ other }}", "unknown variable \"other\""),
            ("{{}}", "unknown variable \"\""),
        ] {
            let error = variables.expand(template).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn names_follow_the_rules() {
        for name in ["a", "abc", "a1", "a_1_b"] {
            check_name(name).unwrap();
        }
        for name in ["", "A", "1a", "_a", "a_", "a__b", "a-b", "ä"] {
            check_name(name).unwrap_err();
        }
    }

    #[test]
    fn options_have_three_forms() {
        assert!(matches!(
            "a=b=c".parse().unwrap(),
            VariableSource::Value(name, value) if name == "a" && value == "b=c"
        ));
        assert!(matches!(
            "a=@b".parse().unwrap(),
            VariableSource::File(name, _) if name == "a"
        ));
        assert!(matches!("@b.toml".parse().unwrap(), VariableSource::Table(_)));
        assert!("a".parse::<VariableSource>().is_err());
        assert!("@b.yaml".parse::<VariableSource>().is_err());
    }

    #[test]
    fn files_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("v.toml");
        std::fs::write(&file, "a = \"1\"\nb = \"2\"").unwrap();
        let values = given(&[
            VariableSource::Table(file.clone()),
            VariableSource::File("text".into(), file.clone()),
            VariableSource::Value("b".into(), "3".into()),
        ])
        .unwrap();
        assert_eq!(values["a"], "1");
        assert_eq!(values["b"], "3");
        assert_eq!(values["text"], "a = \"1\"\nb = \"2\"");
        assert!(given(&[VariableSource::Table(directory.path().join("none"))]).is_err());
    }
}
