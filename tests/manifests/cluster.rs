//! The objects that a cluster has once an overlay is applied.

use serde_json::Value;

use crate::kustomize::Manifests;
use crate::operator;

/// The overlays that are to be applied as they are or with a few changed lines.
pub const OVERLAYS: [&str; 5] =
    ["fast-container", "local", "production", "production-cluster", "production-external-redis"];

/// An overlay's objects, those that come with `cluster-setup`, and those that the operator makes.
pub struct Cluster(Vec<Value>);

impl Cluster {
    /// After applying `cluster-setup` and this overlay.
    pub fn with_overlay(manifests: &Manifests, overlay: &str) -> Self {
        Self::with(manifests, manifests.render(&format!("overlays/{overlay}")))
    }

    /// After applying `cluster-setup` and these objects.
    pub fn with(manifests: &Manifests, mut objects: Vec<Value>) -> Self {
        objects.extend(manifests.render("components/cluster-setup"));
        let mut cluster = Self(objects);
        let app = cluster.one("SpinApp");
        let executor = cluster
            .named("SpinAppExecutor", text(app, "/spec/executor"))
            .expect("the application's executor is there");
        let made = operator::make(app, executor);
        cluster.0.extend(made);
        cluster
    }

    /// Everything.
    pub fn objects(&self) -> &[Value] {
        &self.0
    }

    /// All of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |object| object["kind"] == kind)
    }

    /// The only one of its kind.
    pub fn one(&self, kind: &str) -> &Value {
        let mut all = self.of_kind(kind);
        let one = all.next().unwrap_or_else(|| panic!("a {kind}"));
        assert!(all.next().is_none(), "more than one {kind}");
        one
    }

    /// The one of this kind and name.
    pub fn named(&self, kind: &str, name: &str) -> Option<&Value> {
        self.of_kind(kind).find(|object| object["metadata"]["name"] == name)
    }

    /// What has a pod template, which is where pods come from.
    pub fn workloads(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|object| object.pointer("/spec/template/spec/containers").is_some())
    }
}

/// The text at this place.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}

/// The list at this place; none is an empty one.
pub fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether labels are what a label selector asks for. Only `matchLabels` is known; anything else fails.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let selector = selector.as_object().expect("a selector");
    assert!(
        selector.keys().all(|key| key == "matchLabels"),
        "a selector of another kind: {selector:?}"
    );
    selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value))
}

/// Every value under this member name, at any depth.
pub fn all_under<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(members) => {
                found.extend(members.get(name));
                rest.extend(members.values());
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    found
}

/// How much a Kubernetes quantity is, such as `500m` or `4Gi`; fails for what is none.
pub fn quantity(value: &Value) -> f64 {
    const UNITS: [(&str, f64); 9] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("m", 0.001),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("", 1.0),
    ];
    let text = value.as_str().unwrap_or_else(|| panic!("no quantity: {value}"));
    let (number, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .expect("the last one is always there");
    number.parse::<f64>().unwrap_or_else(|_| panic!("no quantity: {text}")) * unit
}
